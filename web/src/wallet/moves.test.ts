import { expect, test } from "vitest";
import { changeOf } from "./moves";

const event = (type: string, who: string, amount: string) => ({
  type,
  attributes: [
    { key: type === "coin_spent" ? "spender" : "receiver", value: who },
    { key: "amount", value: amount },
  ],
});

test("what came in less what went out, of this account and coin alone", () => {
  const events = [
    event("coin_spent", "me", "10000000udbc"),
    event("coin_received", "pool", "10000000udbc"),
    event("coin_spent", "me", "1500udbc,7uatom"),
    event("coin_received", "me", "9007199254740993udbc"),
    { type: "message", attributes: [{ key: "amount", value: "5udbc" }] },
  ];
  expect(changeOf("me", events)).toBe(9_007_199_244_739_493n);
});
