import { expect, test } from "vitest";
import { feeFor, parseGasPrice } from "./tx";

test.each([
  ["0.010000000000000000udbc", 100_000n, 1_000n],
  ["0.01udbc", 100_001n, 1_001n],
  ["1udbc", 7n, 7n],
  ["0.5uatom,0.025udbc", 1_000n, 25n],
  ["", 1_000n, 0n],
])("%s", (text, gas, fee) => expect(feeFor(gas, parseGasPrice(text))).toBe(fee));
