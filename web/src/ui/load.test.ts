import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { load, MissingPart } from "./load";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { querySelectorAll: () => [] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const failing = (times: number) => {
  let left = times;
  return vi.fn(() => (left-- > 0 ? Promise.reject(new TypeError("not fetched")) : Promise.resolve("here")));
};

test("what comes is asked for once", async () => {
  const part = failing(0);
  expect(await load(part)).toBe("here");
  expect(part).toHaveBeenCalledTimes(1);
});

test("what does not come at first is asked for again", async () => {
  const part = failing(4);
  const loaded = load(part);
  await vi.runAllTimersAsync();
  expect(await loaded).toBe("here");
  expect(part).toHaveBeenCalledTimes(5);
});

test("what stays away ends, with its own words", async () => {
  const loaded = load(failing(99)).catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  const error = await loaded;
  expect(error).toBeInstanceOf(MissingPart);
  expect(String(error)).toContain("not fetched");
});
