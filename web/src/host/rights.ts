import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { type Machine, MachineState, type Params } from "../gen/dbc/machine/v1/machine_pb";
import type { Listing } from "../gen/dbc/machine/v1/query_pb";

/**
 * Who may do what with a machine, and when. x/machine/README.md is the
 * specification, and the chain decides.
 */

export type Action = "price" | "online" | "offline" | "drain" | "lift" | "stake" | "retire" | "withdraw";
export type Role = "owner" | "operator";
export type Obstacle = "challenged" | "rented" | "unbonding";

const roles: Record<Action, Role> = {
  price: "operator",
  online: "operator",
  offline: "operator",
  drain: "operator",
  lift: "operator",
  stake: "owner",
  retire: "owner",
  withdraw: "owner",
};

/** roleFor returns the role that must sign an action. */
export function roleFor(action: Action): Role {
  return roles[action];
}

export function rented({ machine, freeSlots }: Listing): number {
  return (machine?.facts?.slots.length ?? 0) - freeSlots.length;
}

/**
 * stakeTooLow reports whether the stake is below nine tenths of the required
 * amount, so that the machine takes no new rental.
 */
export function stakeTooLow({ stake, stakeRequired }: Machine): boolean {
  return stake * 10n < stakeRequired * 9n;
}

/**
 * missingStake returns how much the stake lacks, in udbc; until it is complete,
 * a tenth of each payment is added to it.
 */
export function missingStake({ stake, stakeRequired }: Machine): bigint {
  return stake < stakeRequired ? stakeRequired - stake : 0n;
}

function seconds(time: Timestamp | undefined): bigint {
  return time?.seconds ?? 0n;
}

/**
 * withdrawableAt returns when the stake of a retired machine can be withdrawn,
 * in Unix seconds.
 */
export function withdrawableAt({ retiredAt, lastRentalEnd }: Machine, params: Params): bigint {
  const wait = params.unbondingTime?.seconds ?? 0n;
  const retired = seconds(retiredAt) + wait;
  const ended = seconds(lastRentalEnd) + wait;
  return ended > retired ? ended : retired;
}

/** actionsOf returns the actions that a machine's state allows. */
export function actionsOf({ state, stake, drainFrom }: Machine): Action[] {
  if (state === MachineState.RETIRED) return stake > 0n ? ["withdraw"] : [];
  const move: Action = state === MachineState.ONLINE ? "offline" : "online";
  return [move, "price", ...(drainFrom ? (["drain", "lift"] as const) : (["drain"] as const)), "stake", "retire"];
}

/** obstacleTo returns what prevents an action now. */
export function obstacleTo(action: Action, listing: Listing, params: Params, now: bigint): Obstacle | undefined {
  const { machine } = listing;
  if (!machine) return undefined;
  const challenged = machine.openChallenges.length > 0;
  if (action === "offline" && challenged) return "challenged";
  if (action === "retire" && challenged) return "challenged";
  if (action === "retire" && rented(listing) > 0) return "rented";
  if (action === "withdraw" && now < withdrawableAt(machine, params)) return "unbonding";
  return undefined;
}
