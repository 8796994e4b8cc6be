import { describe, expect, test } from "vitest";
import { formatDbc, parseDbc, perHour } from "./udbc";

describe("formatDbc", () => {
  test.each([
    [0n, "0 DBC"],
    [1n, "0.000001 DBC"],
    [1_500_000n, "1.5 DBC"],
    [1_234_567_000_000n, "1,234,567 DBC"],
    [-10n, "-0.00001 DBC"],
    // Beyond what a double represents exactly.
    [9_007_199_254_740_993n, "9,007,199,254.740993 DBC"],
    [18_446_744_073_709_551_615n, "18,446,744,073,709.551615 DBC"],
  ])("%s is %s", (udbc, text) => expect(formatDbc(udbc)).toBe(text));
});

describe("parseDbc", () => {
  test.each([
    ["1", 1_000_000n],
    ["1.000001 DBC", 1_000_001n],
    [".5", 500_000n],
    ["１，２３４．５", 1_234_500_000n],
    ["1。5", 1_500_000n],
    ["1,234.5", 1_234_500_000n],
    ["18446744073709.551615", 18_446_744_073_709_551_615n],
  ])("%s", (text, udbc) => expect(parseDbc(text)).toBe(udbc));
  test.each(["", ".", "-1", "1.0000001", "1,23", "0,500", "０，００５", "00,500.5", "1e3", "0x10", "1 2", "一"])(
    "%j is no amount",
    (text) => expect(parseDbc(text)).toBeNull(),
  );
});

test("perHour never says less than the price", () => {
  expect(perHour(24n)).toBe(1n);
  expect(perHour(25n)).toBe(2n);
});
