import { expect, test } from "vitest";
import { formatDuration } from "./format";

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
