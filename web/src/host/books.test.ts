import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { Reason, RentalSchema, RentalState, TransitionSchema } from "../gen/dbc/rental/v1/rental_pb";
import { claims, type Earning, totals } from "./books";

function earning(id: number, state: RentalState, claimed: bigint, claimable: bigint): Earning {
  const rental = create(RentalSchema, { id: BigInt(id), state, claimed });
  return { rental, earned: claimed + claimable, claimed, claimable };
}

test("totals are exact beyond what a double holds", () => {
  const huge = 9_007_199_254_740_993n;
  const rows = [earning(1, RentalState.ACTIVE, huge, 1n), earning(2, RentalState.ENDED, 1n, 0n)];
  expect(totals(rows)).toEqual({ earned: huge + 2n, claimed: huge + 1n, claimable: 1n, fees: 0n });
});

test("the host's half of the fee of a trial that nobody confirmed counts, rounded down", () => {
  const trial = (reason: Reason) => {
    const row = earning(1, RentalState.REFUNDED, 0n, 0n);
    const transitions = [create(TransitionSchema, { from: RentalState.TRIAL, to: RentalState.REFUNDED, reason })];
    return { ...row, rental: create(RentalSchema, { id: 1n, state: RentalState.REFUNDED, fee: 11n, transitions }) };
  };
  const rows = [Reason.NOT_CONFIRMED, Reason.CANCELLED, Reason.CANCELLED_FOR_CAUSE, Reason.MACHINE_OFFLINE].map(trial);
  expect(totals(rows).fees).toBe(10n);
});

test("only what runs and has earned is claimed, and no more than a message takes", () => {
  const rows = [
    earning(1, RentalState.TRIAL, 0n, 0n),
    earning(2, RentalState.ACTIVE, 5n, 0n),
    earning(3, RentalState.ENDED, 5n, 7n),
    ...Array.from({ length: 150 }, (_, i) => earning(10 + i, RentalState.ACTIVE, 0n, 1n)),
  ];
  const claimed = claims(rows);
  expect(claimed).toHaveLength(100);
  expect(claimed[0]?.rental.id).toBe(10n);
});
