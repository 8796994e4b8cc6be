import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { MachineSchema } from "../gen/dbc/machine/v1/machine_pb";
import { ApiError, open } from "./api";
import { ChainError } from "./errors";
import { plain, plainText } from "./plain";

// The same as on the command line: client/terminal.
test.each([
  ["", ""],
  ["Köln 上海 תל אביב RTX™ é 😀", "Köln 上海 תל אביב RTX™ é 😀"],
  ["\x1b[31mred\x07", "\\u001b[31mred\\u0007"],
  ["a\u0085b\u009b2J", "a\\u0085b\\u009b2J"],
  ["100\u202e001 DBC", "100\\u202e001 DBC"],
  ["\u2066a\u2069\u061c\u200e\u200f", "\\u2066a\\u2069\\u061c\\u200e\\u200f"],
  ["pay\u200bpal\u200d\ufeff\u00ad\u2060", "pay\\u200bpal\\u200d\\ufeff\\u00ad\\u2060"],
  ["\u{e0041}", "\\udb40\\udc41"],
  ["a\u3164b\u115f\u034f\ufe0f\u2028", "a\\u3164b\\u115f\\u034f\\ufe0f\\u2028"],
  ["a\nb\tc", "a\nb\tc"],
])("%j is shown as %j", (text, want) => expect(plainText(text)).toBe(want));

const evil = "Ber\u202elin\u200b";
const shown = "Ber\\u202elin\\u200b";

test("all text of an answer is plain", () => {
  expect(open(200, JSON.stringify({ errcode: 0, message: [{ city: evil, [evil]: { n: 1, list: [evil] } }] }))).toEqual([
    { city: shown, [shown]: { n: 1, list: [shown] } },
  ]);
  const machine = create(MachineSchema, { id: evil, facts: { city: evil, operators: [evil] }, stake: 5n });
  expect(plain(machine).facts).toMatchObject({ city: shown, operators: [shown] });
  expect(machine.stake).toBe(5n);
});

test("all text of a refusal is plain", () => {
  expect(new ApiError("X", evil, { value: evil })).toMatchObject({ message: shown, details: { value: shown } });
  expect(new ChainError("x", 1, evil).message).toBe(shown);
  expect(() => open(409, JSON.stringify({ errcode: -3, message: evil }))).toThrow(shown);
});

/**
 * readers may receive text that others wrote; each of them escapes it, or reads
 * the wallet's own.
 */
const readers = [
  "signing/cosmjs.ts", // what is signed
  "chain/live.ts",
  "chain/query.ts",
  "chain/rpc.ts",
  "signing/tx.ts",
  "developer/ChainStatePage.tsx",
  "developer/descriptors.ts",
  "developer/json.ts",
  "node/api.ts",
  "node/details.ts",
  "accounts/History.tsx",
  "vm/promise.ts", // a JSON text in an answer
  "wallet/vault.ts", // the user's own words
];

test("nothing else reads what others wrote", () => {
  const source = join(import.meta.dirname, "..");
  const found = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !/^gen\/|\.test\.ts$/.test(file))
    .filter((file) =>
      /JSON\.parse\(|fromBinary\(|\.json\(\)|\.text\(\)|\bfetch\(|EventSource|XMLHttpRequest/.test(
        readFileSync(join(source, file), "utf8"),
      ),
    );
  expect(found.filter((file) => !readers.includes(file))).toEqual([]);
});
