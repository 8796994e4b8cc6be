import { expect, test } from "vitest";
import { refused } from "./query";

test.each([
  [
    {
      codespace: "sdk",
      code: 6,
      log: "rpc error: code = Unknown desc = codespace rental code 5: machine not rentable: slots is 9, machine m has 1 free: unknown request",
    },
    ["rental", 5, "machine not rentable: slots is 9, machine m has 1 free: unknown request"],
  ],
  [
    {
      codespace: "rental",
      code: 10,
      log: "failed to simulate tx: failed to execute message; message index: 0: machine m: trial too soon after a refund",
    },
    ["rental", 10, "machine m: trial too soon after a refund"],
  ],
  [
    { codespace: "sdk", code: 22, log: "rpc error: code = NotFound desc = rental 7: rental not found: key not found" },
    ["sdk", 22, "rental 7: rental not found: key not found"],
  ],
])("a refusal keeps the code of who refused: %j", (response, [codespace, code, message]) => {
  expect(refused(response)).toMatchObject({ codespace, code, message });
});
