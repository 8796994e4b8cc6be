import { DENOM } from "../money/udbc";

/** Move is an event of a transaction in CometBFT's format. */
export interface Move {
  type: string;
  attributes: readonly { key: string; value: string }[];
}

/**
 * changeOf returns what the events of a transaction moved to an account, less
 * what they took, in udbc.
 */
export function changeOf(address: string, events: readonly Move[]): bigint {
  let change = 0n;
  for (const { type, attributes } of events) {
    const way = type === "coin_received" ? 1n : type === "coin_spent" ? -1n : 0n;
    if (way === 0n) continue;
    const whose = attributes.find((a) => a.key === "receiver" || a.key === "spender")?.value;
    if (whose !== address) continue;
    for (const coin of (attributes.find((a) => a.key === "amount")?.value ?? "").split(",")) {
      const match = /^(\d+)([a-z].*)$/.exec(coin);
      if (match?.[2] === DENOM) change += way * BigInt(match[1] ?? 0);
    }
  }
  return change;
}
