import { ApiError, ask, open } from "../node/api";
import { ChainError } from "../node/errors";
import { plain } from "../node/plain";

/**
 * isSequence reports whether the chain refused a transaction because of its
 * sequence: the account has used it, or not the one before.
 */
export const isSequence = (error: unknown) =>
  error instanceof ChainError && error.codespace === "sdk" && error.code === 32;

/** rpc calls CometBFT's JSON-RPC through the client node. */
export async function rpc<T>(method: string, params: Record<string, unknown>, signal?: AbortSignal): Promise<T> {
  const response = await ask("/chain/rpc", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    signal: signal ?? null,
  });
  const text = await response.text();
  if (!response.ok && text.startsWith('{"errcode"')) open(response.status, text);
  let reply: { result?: T; error?: { message: string; data?: string } };
  try {
    reply = JSON.parse(text);
  } catch {
    throw new ApiError("BAD_ANSWER", `the chain's answer (HTTP ${response.status}) is no JSON`);
  }
  if (reply.error) throw new ApiError("CHAIN_RPC", reply.error.data || reply.error.message);
  if (reply.result === undefined) throw new ApiError("BAD_ANSWER", "the chain's answer has no result");
  return plain(reply.result);
}

/**
 * cleanLog removes the Go frames and the gRPC prefix that the SDK adds to an
 * error message.
 */
export function cleanLog(log: string): string {
  return log
    .replace(/^rpc error: code = \w+ desc = /, "")
    .replace(/^failed to simulate tx: /, "")
    .replace(/\s*\[[^\]]*\.go:\d+\].*$/s, "")
    .replace(/^failed to execute message; message index: \d+: /, "")
    .trim();
}
