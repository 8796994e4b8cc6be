import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allowed, type Request } from "./allowed";
import { words } from "./words";

const readme = readFileSync(join(import.meta.dirname, "../../../lifecycle/README.md"), "utf8");

/** rows are the specification's states, with what may be requested in them. */
const rows = new Map(
  [...readme.matchAll(/^\| (?!state )([a-z ]+) \| ([^|]*) \| [^|]*\|$/gm)].map(([, state = "", requests = ""]) => [
    state,
    requests
      .split("; ")
      .map((one) => one.replace(/ → .*/, "").trim())
      .filter((one) => one && !one.includes("force_reboot")),
  ]),
);

const requests: readonly Request[] = [
  "change disks",
  "delete",
  "modify",
  "poweroff",
  "reset",
  "restart",
  "set a password",
  "shutdown",
  "start",
];

test("the specification is read", () => {
  expect(rows.get("closed")).toEqual(["change disks", "delete", "modify", "start"]);
  expect([...rows.values()].flat().filter((one) => !requests.includes(one as Request))).toEqual([]);
});

test("pages offer in each state what a machine accepts in it", () => {
  for (const status of Object.keys(words.en.status))
    expect([status, requests.filter((request) => allowed(status, request))]).toEqual([status, rows.get(status) ?? []]);
  expect(requests.some((request) => allowed("hibernating", request))).toBe(false);
});
