import { type Rental, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { ms } from "./chain";
import { cameUp, type TaskSummary } from "./tasks";

/** How far a rental is from rent to confirmation, and what is left of one that is over. */

export const steps = ["rent", "authorize", "create", "login", "confirm"] as const;
export type StepName = (typeof steps)[number];

/** What a browser knows of a rental's virtual machines; undefined until it has asked. */
export interface Known {
  authorized: boolean;
  tasks: readonly Pick<TaskSummary, "status">[] | undefined;
  /** before: one was seen running earlier in this browser. */
  before: boolean;
}

/** hasRun reports whether a virtual machine of the rental is known to have run. */
export function hasRun({ tasks = [], before }: Known): boolean {
  return before || cameUp(tasks);
}

/** nextStep is what a renter does next in a trial. Whether he has logged in, he knows himself. */
export function nextStep(known: Known): StepName {
  if (hasRun(known)) return "login";
  return known.authorized ? "create" : "authorize";
}

const longestKeep = 10 * 86_400_000;

/** keptUntil is when the disks of a rental that is over are deleted at the latest, in ms; undefined where none are kept. */
export function keptUntil({ state, start, end, transitions }: Rental): number | undefined {
  if (state !== RentalState.ENDED && state !== RentalState.BROKEN) return undefined;
  const over = ms(transitions.at(-1)?.time) || ms(end);
  return over + Math.min(longestKeep, ms(end) - ms(start));
}
