import { expect, test } from "vitest";
import { formatDuration, formatOf } from "./format";
import { wordFor } from "./messages";

test.each([
  [0, "0 s", "0 秒"],
  [59, "59 s", "59 秒"],
  [61, "1 min 1 s", "1 分钟 1 秒"],
  [3_600, "1 h", "1 小时"],
  [277_505, "3 d 5 h", "3 天 5 小时"],
])("%i", (seconds, en, zh) => {
  expect(formatDuration(seconds, "en")).toBe(en);
  expect(formatDuration(seconds, "zh")).toBe(zh);
});

test("a date that is none is a dash, and no error that takes the page", () => {
  for (const locale of ["en", "zh"] as const) {
    const format = formatOf(locale);
    for (const at of [new Date("soon"), new Date(Number.NaN)]) {
      expect(format.time(at)).toBe("–");
      expect(format.exactTime(at)).toBe("–");
    }
    expect(format.time(new Date(0))).toContain("1970");
  }
});

test("only a word with a text of its own has one", () => {
  expect(["disk", "tape", "constructor", "__proto__"].map((word) => wordFor({ disk: "Disk" }, word))).toEqual([
    "Disk",
    "tape",
    "constructor",
    "__proto__",
  ]);
});
