import { expect, test } from "vitest";
import cases from "../../../rental/testdata/durations.json";
import { parseDuration, roundUp, split } from "./duration";

test.each(Object.entries(cases.read))("%j", (text, seconds) => expect(parseDuration(text)).toBe(seconds));

test.each(cases.refused)("%j is no duration", (text) => expect(parseDuration(text)).toBeNull());

test("split", () => {
  expect(split(93_784.9)).toEqual({ days: 1, hours: 2, minutes: 3, seconds: 4 });
  expect(split(-5)).toEqual({ days: 0, hours: 0, minutes: 0, seconds: 0 });
});

test("roundUp", () => {
  expect(roundUp(61, 30)).toBe(90);
  expect(roundUp(60, 30)).toBe(60);
});
