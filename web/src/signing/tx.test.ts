import { expect, test } from "vitest";
import { feeFor, leastFee, parseGasPrice } from "./tx";

test.each([
  ["0.010000000000000000udbc", 100_000n, 1_000n],
  ["0.01udbc", 100_001n, 1_001n],
  ["1udbc", 7n, 7n],
  ["0.5uatom,0.025udbc", 1_000n, 25n],
  ["", 1_000n, 0n],
])("%s", (text, gas, fee) => expect(feeFor(gas, parseGasPrice(text))).toBe(fee));

test.each([
  ["the node asks for more", "0.02udbc", 10_000n, 4_000n],
  ["governance raised the floor", "0.01udbc", 50_001n, 10_001n],
  ["both the same", "0.010000000000000000udbc", 10_000n, 2_000n],
  ["a node without a price", "", 10_000n, 2_000n],
  ["no floor", "0.01udbc", 0n, 2_000n],
])("%s", (_, node, floor, fee) => expect(leastFee(200_000n, node, floor)).toBe(fee));
