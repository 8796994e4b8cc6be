import { type Rental, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { ms } from "./chain";

const longestKeep = 10 * 86_400_000;

/**
 * keptUntil returns when the disks of a rental that is over are deleted at the
 * latest, in ms, or undefined if none are kept.
 */
export function keptUntil({ state, start, end, transitions }: Rental): number | undefined {
  if (state !== RentalState.ENDED && state !== RentalState.BROKEN) return undefined;
  const over = ms(transitions.at(-1)?.time) || ms(end);
  return over + Math.min(longestKeep, ms(end) - ms(start));
}

/** KeptAt is a machine that may keep disks of rentals that are over. */
export interface KeptAt {
  machineId: string;
  /** rentals are their numbers, the newest first. */
  rentals: bigint[];
  /** until is when the last of them is deleted at the latest, in ms. */
  until: number;
}

/**
 * keptByMachine returns the machines that may keep disks of a wallet's rentals
 * at a time in ms.
 */
export function keptByMachine(rentals: readonly Rental[], now: number): KeptAt[] {
  const machines = new Map<string, KeptAt>();
  for (const rental of [...rentals].sort((a, b) => Number(b.id - a.id))) {
    const until = keptUntil(rental);
    if (until === undefined || until <= now) continue;
    const { machineId } = rental;
    const at = machines.get(machineId) ?? { machineId, rentals: [], until };
    at.rentals.push(rental.id);
    at.until = Math.max(at.until, until);
    machines.set(machineId, at);
  }
  return [...machines.values()];
}
