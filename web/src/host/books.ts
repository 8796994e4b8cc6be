import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { chainKey, unmoved } from "../chain/key";
import { query } from "../chain/query";
import { type Listing, Query as Machines } from "../gen/dbc/machine/v1/query_pb";
import { Query as Rentals } from "../gen/dbc/rental/v1/query_pb";
import { type Rental, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { feeToHost } from "../rental/story";

/**
 * A host's data from the chain: the machines of an address, and what each of
 * them earned.
 */

const page = 200n;
/** together is the number of rentals queried concurrently. */
const together = 8;
/** maxClaims is the number of rentals that the chain accepts in one ClaimRent. */
const maxClaims = 100;

interface Paged {
  pagination?: { nextKey: Uint8Array } | undefined;
}

async function all<R extends Paged, T>(ask: (key: Uint8Array) => Promise<R>, rows: (reply: R) => T[]): Promise<T[]> {
  const found: T[] = [];
  let key: Uint8Array = new Uint8Array();
  do {
    const reply = await ask(key);
    found.push(...rows(reply));
    key = reply.pagination?.nextKey ?? new Uint8Array();
  } while (key.length > 0);
  return found;
}

/** useHosted returns the machines that an address owns or operates. */
export function useHosted(address: string): UseQueryResult<Listing[]> {
  return useQuery({
    queryKey: [chainKey, "hosted", address],
    queryFn: async ({ signal }) => {
      const of = (who: { owner: string } | { operator: string }) =>
        all(
          (key) => query(Machines.method.machines, { ...who, pagination: { key, limit: page } }, signal),
          (reply) => reply.listings,
        );
      const [owned, operated] = await Promise.all([of({ owner: address }), of({ operator: address })]);
      const byId = new Map([...owned, ...operated].map((listing) => [listing.machine?.id, listing]));
      return [...byId.values()];
    },
    enabled: address !== "",
    refetchInterval: unmoved,
  });
}

/** Earning is the money of one rental from the host's view, in udbc. */
export interface Earning {
  rental: Rental;
  earned: bigint;
  claimed: bigint;
  /** claimable is earned and still in escrow. */
  claimable: bigint;
}

/** settled: paid out or returned, so that nothing about it changes any more. */
function settled({ segments, state }: Rental): boolean {
  return segments.length === 0 && state !== RentalState.TRIAL && state !== RentalState.ACTIVE;
}

async function earningOf(rental: Rental, signal: AbortSignal): Promise<Earning> {
  const { claimed } = rental;
  if (settled(rental)) return { rental, earned: claimed, claimed, claimable: 0n };
  const told = await query(Rentals.method.explain, { rentId: rental.id }, signal);
  return { rental: told.rental ?? rental, earned: told.earned, claimed, claimable: told.unclaimed };
}

/**
 * useEarnings returns those of all rentals of a machine that the chain still
 * knows, newest first.
 */
export function useEarnings(machineId: string): UseQueryResult<Earning[]> {
  return useQuery({
    queryKey: [chainKey, "earnings", machineId],
    queryFn: async ({ signal }) => {
      const rentals = await all(
        (key) => query(Rentals.method.rentalsByMachine, { machineId, pagination: { key, limit: page } }, signal),
        (reply) => reply.rentals,
      );
      const earnings: Earning[] = [];
      for (let i = 0; i < rentals.length; i += together)
        earnings.push(...(await Promise.all(rentals.slice(i, i + together).map((r) => earningOf(r, signal)))));
      return earnings;
    },
    refetchInterval: unmoved,
  });
}

/**
 * totals adds up what a machine's rentals earned, and the host's parts of
 * trials' fees, which are paid at once.
 */
export function totals(earnings: readonly Earning[]): {
  earned: bigint;
  claimed: bigint;
  claimable: bigint;
  fees: bigint;
} {
  const sum = (of: (e: Earning) => bigint) => earnings.reduce((total, e) => total + of(e), 0n);
  return {
    earned: sum((e) => e.earned),
    claimed: sum((e) => e.claimed),
    claimable: sum((e) => e.claimable),
    fees: sum((e) => feeToHost(e.rental)),
  };
}

/**
 * claims returns the rentals that ClaimRent pays for, as many as one message
 * accepts. Rentals that are over are paid without it.
 */
export function claims(earnings: readonly Earning[]): Earning[] {
  return earnings.filter((e) => e.rental.state === RentalState.ACTIVE && e.claimable > 0n).slice(0, maxClaims);
}
