import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useChainQuery } from "../chain/hooks";
import { Query, type QueryParamsResponse } from "../gen/dbc/rental/v1/query_pb";
import { type Rental, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import type { Tone } from "../ui/Badge";

export type StateName = "trial" | "active" | "refunded" | "ended" | "broken" | "none";

/** names of states, as the texts have them. */
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

/** ms of a time that a message must have. */
export function ms(time: Timestamp | undefined): number {
  return time ? timestampDate(time).getTime() : 0;
}

/** Terms are the chain's rules for rentals, in seconds. */
export interface Terms {
  unit: number;
  min: number;
  max: number;
  window: number;
  /** outage: after more of it in total a renter may end the rental. */
  outage: number;
}

function terms({ params }: QueryParamsResponse): Terms {
  const seconds = (d: { seconds: bigint } | undefined) => Number(d?.seconds ?? 0n);
  return {
    unit: Math.max(1, seconds(params?.durationUnit)),
    min: seconds(params?.minDuration),
    max: seconds(params?.maxDuration),
    window: seconds(params?.trialWindow),
    outage: seconds(params?.maxOutage),
  };
}

export function useTerms(): Terms | undefined {
  const { data } = useChainQuery(Query.method.params, {}, { staleTime: 60_000 });
  return data && terms(data);
}

/** outageOf is how long the machine was offline in a rental at a time in ms, in seconds: what lasts counts too. */
export function outageOf({ start, end, outageNs }: Rental, offlineSince: number, now: number): number {
  const lasts = offlineSince > 0 ? Math.min(ms(end), now) - Math.max(ms(start), offlineSince) : 0;
  return Number(outageNs / 1_000_000_000n) + Math.max(0, Math.floor(lasts / 1_000));
}
