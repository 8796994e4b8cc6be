import { expect, test } from "vitest";
import { keysymsOf } from "./screenKeys";

test("what a phone's keyboard gives becomes keys", () => {
  expect(keysymsOf("a_é\n\b")).toEqual([0x61, 0x5f, 0xe9, 0xff0d, 0xff08]);
  expect(keysymsOf("中😀")).toEqual([0x01004e2d, 0x0101f600]);
});
