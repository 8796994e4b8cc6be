import { expect, test } from "vitest";
import { restoreOf, withRestore } from "./restore";

const id = "4a1bC2d3E4f5G6h7J8k9Lm";
const from = (address: string) => restoreOf(new URL(address, "http://127.0.0.1").searchParams);

test("an address carries the id of kept disks, and no other text", () => {
  expect(from(withRestore("/machines/ab", id))).toBe(id);
  expect(withRestore("/rentals/7", "")).toBe("/rentals/7");
  for (const other of ["/rentals/7", "/rentals/7?restore=", "/rentals/7?restore=$(x)", `/rentals/7?restore=${id}x`])
    expect(from(other)).toBe("");
});
