import { type Machine as ChainMachine, MachineState } from "../gen/dbc/machine/v1/machine_pb";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import type { Machine } from "../machine/api";
import { ms, type Terms } from "./chain";

/**
 * How much time the chain would rent now, and what prevents it.
 * x/rental/README.md is the specification, and the chain decides.
 */

export type Obstacle = "over" | "offline" | "draining" | "longest" | "bonded" | "retired" | "full" | "low";

export interface Room {
  /**
   * most is the longest available time in seconds, a multiple of the unit; 0
   * means none.
   */
  most: number;
  /** obstacle is the reason for 0. */
  obstacle?: Obstacle;
}

function room(seconds: number, least: number, unit: number, obstacle: Obstacle): Room {
  const most = Math.floor(seconds / unit) * unit;
  return most < least ? { most: 0, obstacle } : { most };
}

/**
 * roomToRenew returns what ReletMachine would add to a confirmed rental; now in
 * ms.
 */
export function roomToRenew(rental: Rental, machine: ChainMachine, { unit, max }: Terms, now: number): Room {
  const end = ms(rental.end);
  if (now >= end) return { most: 0, obstacle: "over" };
  if (machine.state !== MachineState.ONLINE) return { most: 0, obstacle: "offline" };
  const longest = max - (end - now) / 1_000;
  const drained = machine.drainFrom ? (ms(machine.drainFrom) - end) / 1_000 : Number.POSITIVE_INFINITY;
  return room(Math.min(longest, drained), unit, unit, drained < longest ? "draining" : "longest");
}

/** roomToRent returns what RentMachine would accept for a machine; now in ms. */
export function roomToRent(machine: Machine, { unit, min, max }: Terms, now: number): Room {
  if (machine.state !== "online") return { most: 0, obstacle: machine.state };
  if (BigInt(machine.stake) * 10n < BigInt(machine.stake_required) * 9n) return { most: 0, obstacle: "low" };
  if (machine.free_slots.length === 0) return { most: 0, obstacle: "full" };
  const drained = machine.drain_from ? (Date.parse(machine.drain_from) - now) / 1_000 : Number.POSITIVE_INFINITY;
  return room(Math.min(max, drained), min, unit, "draining");
}
