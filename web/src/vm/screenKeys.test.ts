import { expect, test, vi } from "vitest";
import { strokesOf, typist, untyped } from "./screenKeys";

test("all of ASCII that can be seen has a key", () => {
  const all = Array.from({ length: 0x7f - 0x20 }, (_, n) => String.fromCharCode(0x20 + n)).join("");
  expect(untyped(all)).toBe("");
  const keys = strokesOf(all);
  expect(keys.map(({ keysym }) => String.fromCharCode(keysym)).join("")).toBe(all);
  expect(new Set(keys.map(({ code, shift }) => `${code} ${shift}`)).size).toBe(all.length);
});

test.each([
  ["aA", "KeyA +KeyA"],
  ["1!", "Digit1 +Digit1"],
  ["0)", "Digit0 +Digit0"],
  ["-_=+", "Minus +Minus Equal +Equal"],
  ["\\|`~", "Backslash +Backslash Backquote +Backquote"],
  ["'\"", "Quote +Quote"],
  ["/?,<", "Slash +Slash Comma +Comma"],
  ["\r\n\n\r", "Enter Enter Enter"],
  ["\t\b ", "Tab Backspace Space"],
])("%j", (text, want) => {
  expect(strokesOf(text).map(({ code, shift }) => `${shift ? "+" : ""}${code}`)).toEqual(want.split(" "));
});

test("what no key types is told, and left out", () => {
  expect(untyped("a中b中é😀")).toBe("中é😀");
  expect(strokesOf("a中b")).toHaveLength(2);
});

test("keys come one after the other, Shift around the ones that need it", async () => {
  vi.useFakeTimers();
  const sent: string[] = [];
  const type = typist((keysym, code, down) => sent.push(`${code} ${keysym.toString(16)} ${down ? "down" : "up"}`));
  const done = Promise.all([type("a!"), type("b")]);
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toEqual(["KeyA 61 down", "KeyA 61 up"]);
  await vi.runAllTimersAsync();
  await done;
  vi.useRealTimers();
  expect(sent.slice(2)).toEqual([
    "ShiftLeft ffe1 down",
    "Digit1 21 down",
    "Digit1 21 up",
    "ShiftLeft ffe1 up",
    "KeyB 62 down",
    "KeyB 62 up",
  ]);
});
