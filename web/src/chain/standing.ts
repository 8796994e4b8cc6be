import { codeOf } from "../node/errors";
import type { Head } from "./head";

/** silent is how long no block may come before the chain counts as standing still, in ms. */
const silent = 9_000;
/** old is the age at which a block that was just heard of tells that the chain stood still before, in ms. */
const old = 60_000;

export type Standing =
  | { is: "unknown" }
  | { is: "moving"; height: bigint }
  | { is: "still"; seconds: number }
  | { is: "chainAway" }
  | { is: "nodeAway" };

/** standing tells how node and chain do; local is this computer's time in ms, now the node's. */
export function standing(head: Head | undefined, error: unknown, local: number, now: number): Standing {
  if (error) return { is: codeOf(error) === "UNREACHABLE_NODE" ? "nodeAway" : "chainAway" };
  if (!head) return { is: "unknown" };
  const age = now - head.time.getTime();
  if (age > old) return { is: "still", seconds: age / 1_000 };
  if (local - head.seen > silent) return { is: "still", seconds: (local - head.seen) / 1_000 };
  return { is: "moving", height: head.height };
}
