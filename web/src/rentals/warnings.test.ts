import { expect, test } from "vitest";
import warnings from "../../testdata/warnings.json";
import { readWarning } from "./warnings";

const time = (at: Date) => at.toISOString();

test.each(warnings)("a node's warning in Chinese: %s", (text) => {
  const told = readWarning(text, "zh", time);
  expect(told).not.toBe(text);
  expect(told.replace(/restore_task_id \S+|CPU|VNC|\d{4}-[\d-]+T[\d:.]+Z/g, "")).not.toMatch(/[a-z]{2}/i);
  for (const stamp of text.match(/\d{4}-[\d-]+T[\d:]+Z/g) ?? []) expect(told).toContain(time(new Date(stamp)));
});

test("a warning of a newer node is told as it is", () => {
  expect(readWarning("the moon is full", "zh", time)).toBe("the moon is full");
});
