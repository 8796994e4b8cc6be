import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { DAY } from "../money/duration";
import { typed } from "../money/typed";

/** What people type into the guide's three functions. */

/**
 * readMachineId parses a machine id, with or without 0x, and returns "" if it
 * is invalid.
 */
export function readMachineId(text: string): string {
  const id = typed(text).trim().replace(/^0x/i, "").toLowerCase();
  return /^[0-9a-f]{64}$/.test(id) ? id : "";
}

/**
 * readDays parses a whole number of days and returns seconds, or undefined if
 * it is invalid.
 */
export function readDays(text: string): bigint | undefined {
  const plain = typed(text).trim();
  return /^[1-9]\d{0,4}$/.test(plain) ? BigInt(plain) * BigInt(DAY) : undefined;
}

/** pick returns the rental that is meant: the chosen one, or else the only one. */
export function pick(rentals: readonly Rental[], chosen: string): Rental | undefined {
  return rentals.find(({ id }) => id.toString() === chosen) ?? (rentals.length === 1 ? rentals[0] : undefined);
}

/** short abbreviates an id to its ends. */
export function short(id: string): string {
  return `${id.slice(0, 8)}…${id.slice(-6)}`;
}
