import type { QueryExplainResponse } from "../gen/dbc/rental/v1/query_pb";
import { type PenaltyTerms, Reason, type Rental, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { now } from "../node/clock";

/** What happened to a rental and where its money is, independent of language. */

export type Effect =
  | "take fee"
  | "take rent"
  | "reserve slots"
  | "release slots"
  | "return rent"
  | "return fee"
  | "pay earned"
  | "return unearned"
  | "pay penalty from stake"
  | "start cooldown"
  | "fee to pool"
  | "half of fee to host and rest to pool"
  | "as much as fee from stake to pool"
  | "return rent beyond new end";

const { TRIAL, ACTIVE, REFUNDED, UNSPECIFIED } = RentalState;
const shareFee: readonly Effect[] = ["half of fee to host and rest to pool", "start cooldown"];
const feeBack: readonly Effect[] = ["return fee", "start cooldown"];
const feeFromStake: readonly Effect[] = ["return fee", "as much as fee from stake to pool"];
const over: readonly Effect[] = ["release slots", "return rent"];
const hostsFault = [...over, ...feeFromStake];
const broken: readonly Effect[] = ["release slots", "pay earned", "return unearned", "pay penalty from stake"];

/** The chain's state table from x/rental/README.md; a test compares them. */
const table: readonly (readonly [RentalState, Reason, readonly Effect[]])[] = [
  [UNSPECIFIED, Reason.RENTED, ["take fee", "take rent", "reserve slots"]],
  [TRIAL, Reason.CONFIRMED, ["fee to pool"]],
  [TRIAL, Reason.CANCELLED, [...over, ...shareFee]],
  [TRIAL, Reason.CANCELLED_FOR_CAUSE, [...over, "fee to pool", "start cooldown"]],
  [TRIAL, Reason.NOT_CONFIRMED, [...over, ...shareFee]],
  [TRIAL, Reason.END_REACHED, [...over, ...feeBack]],
  [TRIAL, Reason.MACHINE_OFFLINE, hostsFault],
  [TRIAL, Reason.CHALLENGE_UNANSWERED, hostsFault],
  [TRIAL, Reason.BROKEN_BY_OWNER, hostsFault],
  [TRIAL, Reason.BROKEN_BY_GOVERNANCE, hostsFault],
  [TRIAL, Reason.CHALLENGE_OPEN, over],
  [REFUNDED, Reason.NOT_CONFIRMED, shareFee],
  [REFUNDED, Reason.END_REACHED, feeBack],
  [REFUNDED, Reason.CHALLENGE_UNANSWERED, feeFromStake],
  [ACTIVE, Reason.RENEWED, ["take rent"]],
  [ACTIVE, Reason.LEFT, ["return rent beyond new end"]],
  [ACTIVE, Reason.END_REACHED, ["release slots", "pay earned", "return unearned"]],
  [ACTIVE, Reason.BROKEN_BY_OWNER, broken],
  [ACTIVE, Reason.BROKEN_BY_GOVERNANCE, broken],
  [ACTIVE, Reason.BROKEN_BY_RENTER, broken],
];

/** effectsOf returns the effects of a change besides the new state. */
export function effectsOf(from: RentalState, reason: Reason): readonly Effect[] {
  return table.find(([f, r]) => f === from && r === reason)?.[2] ?? [];
}

/**
 * recorded reports whether a block has recorded the end of a rental that is
 * over.
 */
export function recorded({ state, transitions }: Rental): boolean {
  return transitions.at(-1)?.to === state;
}

/**
 * penaltyOf returns the penalty that the host's stake owes for breaking a
 * rental under its terms, in udbc.
 */
export function penaltyOf(terms: PenaltyTerms | undefined, unearned: bigint): bigint {
  if (!terms) return 0n;
  const part = (unearned * BigInt(terms.ratioBps) + 9_999n) / 10_000n;
  const wanted = part > terms.minPenalty ? part : terms.minPenalty;
  return wanted < terms.stakeShare ? wanted : terms.stakeShare;
}

export type Place =
  | "refundable" // in escrow, all of it the renter's until the rental is confirmed
  | "unearned" // in escrow, earned as time passes
  | "claimable" // in escrow, earned, the host's to claim
  | "settling" // in escrow, waits for a block or a challenge
  | "host" // paid to the host
  | "renter" // returned to the renter
  | "feeHeld" // the fee, in escrow until the trial, or a challenge, is decided
  | "pool" // the fee, or the rest of it, in the community pool
  | "feeHost" // half of the fee, paid to the host
  | "feeBack" // the fee, returned to the renter
  | "stakePool" // the amount of the fee, from the host's stake to the community pool
  | "penalty" // from the host's stake to the renter
  | "held" // in escrow, from the host's stake, the renter's when a stake would be free
  | "slashed"; // the part of what was held that a slash of the machine took

export interface Share {
  place: Place;
  /** udbc, never 0 */
  amount: bigint;
}

/** shares returns where the rent is; the amounts add up to what was paid. */
export function shares({ rental, earned, unclaimed, unearned }: QueryExplainResponse): Share[] {
  if (!rental) return [];
  const { state, paid, claimed } = rental;
  // A rental that is over and settled has no segments left.
  const settled = rental.segments.length === 0;
  const places: readonly (readonly [Place, bigint])[] =
    state === TRIAL
      ? [["refundable", paid]]
      : state === ACTIVE
        ? [
            ["host", claimed],
            ["claimable", unclaimed],
            ["unearned", unearned],
          ]
        : settled
          ? [
              ["host", earned],
              ["renter", paid - earned],
            ]
          : [
              ["host", claimed],
              ["settling", paid - claimed],
            ];
  return places.filter(([, amount]) => amount > 0n).map(([place, amount]) => ({ place, amount }));
}

/** feeShares returns where a rental's fee is; the amounts add up to it. */
function feeShares({ state, fee, transitions }: Rental): Share[] {
  const last = transitions.at(-1);
  if (!last || last.to === TRIAL || last.reason === Reason.CHALLENGE_OPEN) return [{ place: "feeHeld", amount: fee }];
  if (state !== REFUNDED) return [{ place: "pool", amount: fee }];
  const effects = effectsOf(last.from, last.reason);
  if (effects.includes("return fee")) return [{ place: "feeBack", amount: fee }];
  const host = effects.includes("half of fee to host and rest to pool") ? fee / 2n : 0n;
  return [
    { place: "feeHost", amount: host },
    { place: "pool", amount: fee - host },
  ];
}

/** feeToHost returns the part of a trial's fee that was paid to the host. */
export function feeToHost(rental: Rental): bigint {
  return feeShares(rental).find(({ place }) => place === "feeHost")?.amount ?? 0n;
}

/**
 * besides returns the payments in addition to the rent: the fee, and what the
 * host's stake paid.
 */
export function besides({ rental }: QueryExplainResponse): Share[] {
  if (!rental) return [];
  const last = rental.transitions.at(-1);
  const penalty = last && effectsOf(last.from, last.reason).includes("pay penalty from stake");
  const paid = rental.fromStake - rental.heldPenalty - rental.slashedPenalty;
  const all: Share[] = [
    ...feeShares(rental),
    { place: penalty ? "penalty" : "stakePool", amount: paid },
    { place: "held", amount: rental.heldPenalty },
    { place: "slashed", amount: rental.slashedPenalty },
  ];
  return all.filter(({ amount }) => amount > 0n);
}

export type Back = "renter" | "feeBack" | "penalty";

/**
 * cameBack returns what the renter was paid because of a rental that is over,
 * part by part.
 */
export function cameBack(told: QueryExplainResponse): { place: Back; amount: bigint }[] {
  const all = [...shares(told), ...besides(told)];
  const parts: readonly Back[] = ["renter", "feeBack", "penalty"];
  return parts.flatMap((place) => all.filter((part) => part.place === place).map(({ amount }) => ({ place, amount })));
}

/** since returns how long ago a time was, in seconds. */
export function since(time: Date): number {
  return Math.max(0, (now() - time.getTime()) / 1_000);
}
