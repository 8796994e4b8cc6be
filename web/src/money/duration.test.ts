import { expect, test } from "vitest";
import { parseDuration, roundUp, split } from "./duration";

test.each([
  ["3", 259_200],
  ["3d", 259_200],
  ["1d 12h", 129_600],
  ["90m", 5_400],
  ["1h30m15s", 5_415],
  ["1天", 86_400],
  ["5 分钟", 300],
  ["１天１２小时", 129_600],
  ["1天，12 个小时", 129_600],
  ["３", 259_200],
  ["2 days 6 hours", 194_400],
  ["90 min", 5_400],
])("%s", (text, seconds) => expect(parseDuration(text)).toBe(seconds));

test.each(["", "d", "1.5d", "-1h", "1w", "1h x", "1天半", "天", "3 dh", "1月", "1,5d"])("%j is no duration", (text) =>
  expect(parseDuration(text)).toBeNull(),
);

test("split", () => {
  expect(split(93_784.9)).toEqual({ days: 1, hours: 2, minutes: 3, seconds: 4 });
  expect(split(-5)).toEqual({ days: 0, hours: 0, minutes: 0, seconds: 0 });
});

test("roundUp", () => {
  expect(roundUp(61, 30)).toBe(90);
  expect(roundUp(60, 30)).toBe(60);
});
