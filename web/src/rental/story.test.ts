import { readFileSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { QueryExplainResponseSchema } from "../gen/dbc/rental/v1/query_pb";
import {
  PenaltyTermsSchema,
  Reason,
  RentalSchema,
  RentalState,
  SegmentSchema,
  TransitionSchema,
} from "../gen/dbc/rental/v1/rental_pb";
import { besides, cameBack, effectsOf, penaltyOf, recorded, shares } from "./story";

const { TRIAL, ACTIVE, REFUNDED, ENDED, BROKEN } = RentalState;
const states: Record<string, RentalState> = {
  none: RentalState.UNSPECIFIED,
  trial: TRIAL,
  active: ACTIVE,
  refunded: REFUNDED,
};

/** The specification's table: | from | event | to | reason | effects |. */
const specified = readFileSync(new URL("../../../x/rental/README.md", import.meta.url), "utf8")
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .filter((cells) => cells[4]?.startsWith("REASON_"))
  .map(([, from = "", , , reason = "", effects = ""]) => ({ from, reason, effects }));

test("the specification's table was found", () => expect(specified).toHaveLength(20));

test.each(specified)("$from by $reason does what the chain does: $effects", ({ from, reason, effects }) => {
  const code = Reason[reason.replace("REASON_", "") as keyof typeof Reason];
  expect(code).toBeDefined();
  expect(effectsOf(states[from] as RentalState, code).join(", ")).toBe(effects);
});

const terms = { stakeShare: 100n, minPenalty: 10n, ratioBps: 1_000 };

test.each([
  [0n, 10n],
  [100n, 10n],
  [209n, 21n],
  [5_000n, 100n],
])("of %i udbc unearned the penalty is %i", (unearned, penalty) => {
  expect(penaltyOf(create(PenaltyTermsSchema, terms), unearned)).toBe(penalty);
});

interface Money {
  claimed?: bigint;
  earned?: bigint;
  unclaimed?: bigint;
  unearned?: bigint;
  fromStake?: bigint;
  heldPenalty?: bigint;
  slashedPenalty?: bigint;
  /** settling: over, but the money has not moved yet. */
  settling?: boolean;
}

function told(state: RentalState, from: RentalState, reason: Reason, money: Money) {
  const { claimed = 0n, fromStake = 0n, heldPenalty = 0n, slashedPenalty = 0n, settling = false, ...rest } = money;
  const transitions = [create(TransitionSchema, { from, to: state, reason })];
  const penaltyTerms = create(PenaltyTermsSchema, terms);
  const segments = settling ? [create(SegmentSchema, { rent: 1_000n })] : [];
  const sums = { paid: 1_000n, claimed, fee: 7n, fromStake, heldPenalty, slashedPenalty };
  const rental = create(RentalSchema, { state, transitions, segments, ...sums, penaltyTerms });
  return create(QueryExplainResponseSchema, { rental, ...rest });
}

const pool = { place: "pool", amount: 7n };
const held = { place: "feeHeld", amount: 7n };
const back = { place: "feeBack", amount: 7n };
const shared = [
  { place: "feeHost", amount: 3n },
  { place: "pool", amount: 4n },
];

test.each([
  ["trial", told(TRIAL, 0, Reason.RENTED, { unearned: 1_000n }), [["refundable", 1_000n]], [held]],
  [
    "active, in part claimed",
    told(ACTIVE, TRIAL, Reason.CONFIRMED, { claimed: 100n, earned: 250n, unclaimed: 150n, unearned: 750n }),
    [
      ["host", 100n],
      ["claimable", 150n],
      ["unearned", 750n],
    ],
    [pool],
  ],
  ["cancelled", told(REFUNDED, TRIAL, Reason.CANCELLED, { unearned: 1_000n }), [["renter", 1_000n]], shared],
  [
    "cancelled for a cause",
    told(REFUNDED, TRIAL, Reason.CANCELLED_FOR_CAUSE, { unearned: 1_000n }),
    [["renter", 1_000n]],
    [pool],
  ],
  [
    "over in a challenge",
    told(REFUNDED, TRIAL, Reason.CHALLENGE_OPEN, { unearned: 1_000n }),
    [["renter", 1_000n]],
    [held],
    1_000n,
  ],
  [
    "not confirmed, after a challenge",
    told(REFUNDED, REFUNDED, Reason.NOT_CONFIRMED, { unearned: 1_000n }),
    [["renter", 1_000n]],
    shared,
    1_000n,
  ],
  [
    "refunded for the machine's fault",
    told(REFUNDED, TRIAL, Reason.MACHINE_OFFLINE, { unearned: 1_000n, fromStake: 7n }),
    [["renter", 1_000n]],
    [back, { place: "stakePool", amount: 7n }],
    1_007n,
  ],
  [
    "refunded for the machine's fault, by a stake that is short",
    told(REFUNDED, TRIAL, Reason.MACHINE_OFFLINE, { unearned: 1_000n, fromStake: 3n }),
    [["renter", 1_000n]],
    [back, { place: "stakePool", amount: 3n }],
    1_007n,
  ],
  [
    "ended after an outage",
    told(ENDED, ACTIVE, Reason.END_REACHED, { claimed: 900n, earned: 900n, unearned: 100n }),
    [
      ["host", 900n],
      ["renter", 100n],
    ],
    [pool],
  ],
  [
    "broken by the owner",
    told(BROKEN, ACTIVE, Reason.BROKEN_BY_OWNER, { claimed: 400n, earned: 400n, unearned: 600n, fromStake: 60n }),
    [
      ["host", 400n],
      ["renter", 600n],
    ],
    [pool, { place: "penalty", amount: 60n }],
    660n,
  ],
  [
    "broken, with a part of the penalty held and a part slashed",
    told(BROKEN, ACTIVE, Reason.BROKEN_BY_OWNER, {
      claimed: 400n,
      earned: 400n,
      unearned: 600n,
      fromStake: 60n,
      heldPenalty: 40n,
      slashedPenalty: 10n,
    }),
    [
      ["host", 400n],
      ["renter", 600n],
    ],
    [pool, { place: "penalty", amount: 10n }, { place: "held", amount: 40n }, { place: "slashed", amount: 10n }],
    610n,
  ],
  [
    "broken in its last moment",
    told(BROKEN, ACTIVE, Reason.BROKEN_BY_OWNER, { claimed: 1_000n, earned: 1_000n, fromStake: 10n }),
    [["host", 1_000n]],
    [pool, { place: "penalty", amount: 10n }],
    10n,
  ],
  [
    "ended while challenged",
    told(ENDED, ACTIVE, Reason.END_REACHED, {
      claimed: 100n,
      earned: 500n,
      unclaimed: 400n,
      unearned: 500n,
      settling: true,
    }),
    [
      ["host", 100n],
      ["settling", 900n],
    ],
    [pool],
  ],
] as [string, ReturnType<typeof told>, unknown, unknown, bigint?][])(
  "%s: the parts are where they should be and sum to what was paid",
  (_, answer, parts, beside, back) => {
    const got = shares(answer);
    expect(got.map(({ place, amount }) => [place, amount])).toEqual(parts);
    expect(got.reduce((sum, { amount }) => sum + amount, 0n)).toBe(1_000n);
    expect(besides(answer)).toEqual(beside);
    if (back !== undefined) expect(cameBack(answer).reduce((sum, { amount }) => sum + amount, 0n)).toBe(back);
  },
);

test("over by the clock, but in no block yet: nothing has moved", () => {
  const answer = told(ACTIVE, TRIAL, Reason.CONFIRMED, { earned: 1_000n, unclaimed: 1_000n, settling: true });
  if (answer.rental) answer.rental.state = ENDED;
  expect(answer.rental && recorded(answer.rental)).toBe(false);
  expect(shares(answer)).toEqual([{ place: "settling", amount: 1_000n }]);
  expect(cameBack(answer)).toEqual([]);
});
