import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useChainQuery } from "../chain/hooks";
import { Query, type QueryParamsResponse, type RenterBreak } from "../gen/dbc/rental/v1/query_pb";
import { type Rental, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import type { Tone } from "../ui/Badge";

export type StateName = "trial" | "active" | "refunded" | "ended" | "broken" | "none";

/** names of states, as used in the texts. */
export const names: Record<RentalState, StateName> = {
  [RentalState.UNSPECIFIED]: "none",
  [RentalState.TRIAL]: "trial",
  [RentalState.ACTIVE]: "active",
  [RentalState.REFUNDED]: "refunded",
  [RentalState.ENDED]: "ended",
  [RentalState.BROKEN]: "broken",
};

export const stateTones: Record<StateName, Tone> = {
  trial: "warn",
  active: "good",
  refunded: "neutral",
  ended: "neutral",
  broken: "bad",
  none: "neutral",
};

export function stateName(rental: Rental): StateName {
  return names[rental.state];
}

export function isOpen(rental: Rental): boolean {
  return rental.state === RentalState.TRIAL || rental.state === RentalState.ACTIVE;
}

/** ms returns the value of a required time field. */
export function ms(time: Timestamp | undefined): number {
  return time ? timestampDate(time).getTime() : 0;
}

/** Terms are the chain's rules for rentals, in seconds. */
export interface Terms {
  unit: number;
  min: number;
  max: number;
  window: number;
}

function terms({ params }: QueryParamsResponse): Terms {
  const seconds = (d: { seconds: bigint } | undefined) => Number(d?.seconds ?? 0n);
  return {
    unit: Math.max(1, seconds(params?.durationUnit)),
    min: seconds(params?.minDuration),
    max: seconds(params?.maxDuration),
    window: seconds(params?.trialWindow),
  };
}

export function useTerms(): Terms | undefined {
  const { data } = useChainQuery(Query.method.params, {}, { staleTime: 60_000 });
  return data && terms(data);
}

/** Right is a renter's right to end a rental because of outages. */
export interface Right {
  allowed: boolean;
  /** outage and limit in seconds: the outage must exceed the limit. */
  outage: number;
  limit: number;
  /** until in ms, or 0 while the machine is offline or if it never was. */
  until: number;
}

/**
 * rightToBreak returns the right according to the chain, at a time in ms that
 * may be later than its last answer, or undefined without an outage.
 */
export function rightToBreak(said: RenterBreak | undefined, now: number): Right | undefined {
  if (!said?.outage || (said.outage.seconds === 0n && said.outage.nanos === 0)) return undefined;
  const until = ms(said.until);
  return {
    allowed: said.allowed && (until === 0 || now < until),
    outage: Number(said.outage.seconds),
    limit: Number(said.limit?.seconds ?? 0n),
    until,
  };
}
