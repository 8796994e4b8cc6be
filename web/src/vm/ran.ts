import type { Rental } from "../gen/dbc/rental/v1/rental_pb";

/**
 * Marks in this browser's storage of trials in which a virtual machine was seen
 * running: a machine's list no longer has it once it is deleted.
 */

const prefix = "dbc.ran.";

/** life of a mark in seconds, far above the length of a trial. */
const life = 7 * 86_400;

type Marks = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/**
 * ranKey returns a rental's mark. Its start tells rentals of the same number on
 * chains of the same name apart.
 */
export function ranKey(chainId: string, { id, start }: Pick<Rental, "id" | "start">): string {
  return `${prefix}${chainId}.${id}.${start?.seconds ?? 0n}.${start?.nanos ?? 0}`;
}

/** keepRan sets a mark, and removes those of rentals that began long before a time in ms. */
export function keepRan(marks: Marks, key: string, now: number): void {
  const all = Array.from({ length: marks.length }, (_, place) => marks.key(place) ?? "");
  for (const old of all) {
    if (!old.startsWith(prefix)) continue;
    const began = Number(/\.\d+\.(\d+)\.\d+$/.exec(old)?.[1] ?? 0);
    if (began + life < now / 1_000) marks.removeItem(old);
  }
  marks.setItem(key, "1");
}
