import { codeOf } from "../node/errors";
import type { Head } from "./head";

/**
 * silent is how long there may be no block before the chain counts as halted,
 * in ms.
 */
const silent = 9_000;
/**
 * old is the age in ms from which a newly seen block shows that the chain was
 * halted before.
 */
const old = 60_000;

export type Standing =
  | { is: "unknown" }
  | { is: "moving"; height: bigint }
  | { is: "still"; seconds: number }
  | { is: "chainAway" }
  | { is: "nodeAway" };

/**
 * standing returns the state of node and chain; local is this computer's time
 * in ms, now the node's.
 */
export function standing(head: Head | undefined, error: unknown, local: number, now: number): Standing {
  if (error) return { is: codeOf(error) === "UNREACHABLE_NODE" ? "nodeAway" : "chainAway" };
  if (!head) return { is: "unknown" };
  const age = now - head.time.getTime();
  if (age > old) return { is: "still", seconds: age / 1_000 };
  if (local - head.seen > silent) return { is: "still", seconds: (local - head.seen) / 1_000 };
  return { is: "moving", height: head.height };
}
