import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { RentalSchema } from "../gen/dbc/rental/v1/rental_pb";
import { outageOf } from "./chain";

const second = 1_000;
const rental = create(RentalSchema, {
  start: timestampFromMs(100 * second),
  end: timestampFromMs(200 * second),
  outageNs: 7_999_999_999n,
});

test.each([
  ["none lasts", 0, 150, 7],
  ["one lasts", 120, 150, 37],
  ["one began before the rental", 50, 150, 57],
  ["one goes on after its end", 120, 900, 87],
  ["one began after the clock that is asked", 160, 150, 7],
])("an outage in total: %s", (_, since, now, want) => {
  expect(outageOf(rental, since * second, now * second)).toBe(want);
});
