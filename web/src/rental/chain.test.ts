import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { RenterBreakSchema } from "../gen/dbc/rental/v1/query_pb";
import { rightToBreak } from "./chain";

const second = 1_000;
const limit = { seconds: 360n };
const long = { seconds: 361n };
const until = timestampFromMs(500 * second);

test.each([
  ["offline now", { allowed: true, outage: long, limit }, 900, { allowed: true, outage: 361, limit: 360, until: 0 }],
  ["not long enough", { outage: limit, limit }, 100, { allowed: false, outage: 360, limit: 360, until: 0 }],
  [
    "within the day after",
    { allowed: true, outage: long, limit, until },
    499,
    { allowed: true, outage: 361, limit: 360, until: 500 * second },
  ],
  [
    "when the day is over, before the chain was asked again",
    { allowed: true, outage: long, limit, until },
    500,
    { allowed: false, outage: 361, limit: 360, until: 500 * second },
  ],
  ["never offline", { outage: { seconds: 0n }, limit }, 100, undefined],
])("a renter's right to end it: %s", (_, said, now, want) => {
  expect(rightToBreak(create(RenterBreakSchema, said), now * second)).toEqual(want);
});

test("a rental that is not active has none", () => expect(rightToBreak(undefined, 0)).toBeUndefined());
