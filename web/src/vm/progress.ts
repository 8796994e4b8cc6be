import { cameUp, type TaskSummary } from "./tasks";

/** The progress of a rental from rent to confirmation. */

export const steps = ["rent", "authorize", "create", "login", "confirm"] as const;
export type StepName = (typeof steps)[number];

/**
 * What a browser knows about a rental's virtual machines; undefined until it
 * has asked.
 */
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

/**
 * nextStep returns a renter's next step in a trial. The app cannot know whether
 * the renter has logged in.
 */
export function nextStep(known: Known): StepName {
  if (hasRun(known)) return "login";
  return known.authorized ? "create" : "authorize";
}
