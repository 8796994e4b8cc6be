import { expect, test } from "vitest";
import type { Notice } from "../node/codes";
import { notices, noticeWords, reasons, reasonWords } from "./notices";

const time = (at: Date) => at.toISOString().slice(0, 16);
const params = { seconds: "60", step: "seed", disk: "8", gib: "5", bios_mode: "9", detail: "0", evictable: "true" };

test.each(Object.keys(reasons.zh))("a reason in Chinese: %s", (code) => {
  expect(
    reasonWords({ code, params }, "zh").replace(/SSH|GiB|CPU|cloud-init|NoCloud|bios_mode|virtio/g, ""),
  ).not.toMatch(/[a-z]{2}/i);
  expect(reasonWords({ code, params }, "en")).toMatch(/^[A-Z].*[.)]$/);
  expect(reasonWords({ code }, "en")).not.toContain("undefined");
});

test.each(Object.keys(notices.zh))("a notice in Chinese: %s", (code) => {
  const notice: Notice = { code, at: "2026-01-31T12:09:00Z", within_seconds: 600, task_id: "4a1b", params };
  const told = noticeWords(notice, "zh", time);
  expect(told.replace(/restore_task_id 4a1b|CPU|VNC|T12/g, "")).not.toMatch(/[a-z]{2}/i);
  expect(noticeWords({ code }, "en", time)).not.toMatch(/undefined|Invalid/);
});

test.each<[string, Notice, string]>([
  [
    "an hour",
    { code: "RENTAL_ENDS", at: "2026-01-31T12:59:00Z", within_seconds: 3600 },
    "in less than 1 hour, on 2026-01-31T12:59.",
  ],
  [
    "a day",
    { code: "TRIAL_RENTAL_ENDS", at: "2026-02-01T11:00:00Z", within_seconds: 86400 },
    "in less than 24 hours, on 2026",
  ],
  ["minutes", { code: "RENTAL_ENDS", at: "2026-01-31T12:09:00Z", within_seconds: 600 }, "in less than 10 minutes, on"],
  [
    "far",
    { code: "DISKS_KEPT", at: "2026-02-02T12:00:00Z", params: { evictable: "false" }, task_id: "x" },
    "until 2026-02-02T12:00. Rent",
  ],
  [
    "evictable",
    { code: "DISKS_KEPT", at: "2026-02-02T12:00:00Z", params: { evictable: "true" } },
    "That can be earlier",
  ],
])("a notice with its time: %s", (_, notice, want) => {
  expect(noticeWords(notice, "en", time)).toContain(want);
});

test("a code of a later version is told as it is", () => {
  for (const code of ["MOON_FULL", "toString", "__proto__", "constructor"]) {
    expect(reasonWords({ code, params: { phase: "new" } }, "zh")).toBe(`${code} phase=new`);
    expect(noticeWords({ code }, "zh", time)).toBe(code);
  }
});
