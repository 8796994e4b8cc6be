import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { DAY } from "../money/duration";
import { typed } from "../money/typed";

/** What people type into the guide's three functions. */

/** readMachineId takes a machine id, with or without 0x; "" for what is none. */
export function readMachineId(text: string): string {
  const id = typed(text).trim().replace(/^0x/i, "").toLowerCase();
  return /^[0-9a-f]{64}$/.test(id) ? id : "";
}

/** readDays takes a whole number of days as seconds; undefined for what is none. */
export function readDays(text: string): bigint | undefined {
  const plain = typed(text).trim();
  return /^[1-9]\d{0,4}$/.test(plain) ? BigInt(plain) * BigInt(DAY) : undefined;
}

/** pick is the rental that is meant: the chosen one, else the only one. */
export function pick(rentals: readonly Rental[], chosen: string): Rental | undefined {
  return rentals.find(({ id }) => id.toString() === chosen) ?? (rentals.length === 1 ? rentals[0] : undefined);
}

/** short writes an id by its ends. */
export function short(id: string): string {
  return `${id.slice(0, 8)}…${id.slice(-6)}`;
}
