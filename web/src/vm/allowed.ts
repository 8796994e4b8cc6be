import type { TaskStatus } from "../node/codes";

/** Request is what can be asked of a virtual machine, as lifecycle/README.md names it. */
export type Request =
  | "change disks"
  | "delete"
  | "modify"
  | "poweroff"
  | "reset"
  | "restart"
  | "set a password"
  | "shutdown"
  | "start";

const failed: readonly Request[] = [
  "change disks",
  "delete",
  "modify",
  "poweroff",
  "reset",
  "restart",
  "shutdown",
  "start",
];

const table: Record<TaskStatus, readonly Request[]> = {
  creating: ["delete", "poweroff", "shutdown"],
  running: ["change disks", "delete", "modify", "poweroff", "reset", "restart", "set a password", "shutdown"],
  closed: ["change disks", "delete", "modify", "start"],
  "start error": ["change disks", "delete", "modify", "poweroff", "start"],
  "shutdown error": failed,
  "poweroff error": failed,
  "restart error": failed,
  "reset error": failed,
  starting: [],
  "being shutdown": ["delete", "modify", "poweroff"],
  "being poweroff": [],
  restarting: [],
  resetting: [],
  "create error": ["delete"],
  deleting: [],
  "disk adding": [],
  "disk resizing": [],
  "disk deleting": [],
};

/**
 * allowed reports whether a machine accepts a request in a state. It accepts
 * none in a state that this version does not know.
 */
export function allowed(status: string, request: Request): boolean {
  return Object.hasOwn(table, status) && table[status as TaskStatus].includes(request);
}
