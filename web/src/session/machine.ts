import { ApiError, ask, open } from "../node/api";
import { now } from "../node/clock";
import { authHeader, newNonce, requestText, verifyReply } from "./request";

/** Authority signs requests for a wallet: itself, or a session's key for it. */
export interface Authority {
  wallet: string;
  /** session is the id where a session's key signs, else "". */
  session: string;
  sign: (text: string) => Promise<string>;
}

export interface MachineRef {
  chainId: string;
  machineId: string;
}

/** Proved is an answer with the machine's signature over it. */
export interface Proved<T> {
  message: T;
  tookMs: number;
}

/**
 * callMachine asks a machine through the client node. The answer counts only
 * with the machine's signature over this very request; an error without one
 * can come from the node between, and is told as such.
 */
export async function callMachine<T>(
  { chainId, machineId }: MachineRef,
  path: string,
  additional: unknown,
  by?: Authority,
  signal?: AbortSignal,
): Promise<Proved<T>> {
  const body = new TextEncoder().encode(JSON.stringify({ peer_nodes_list: [machineId], additional }));
  const time = by ? Math.floor(now() / 1_000) : 0;
  const nonce = by ? newNonce() : "";
  const text = requestText({ chainId, method: "POST", target: path, machineId, body, time, nonce });
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (by) headers["DBC-Auth"] = authHeader(by.wallet, time, nonce, await by.sign(text), by.session);
  const started = performance.now();
  const response = await ask(path, { method: "POST", headers, body: body as BodyInit, signal: signal ?? null });
  const answer = new Uint8Array(await response.arrayBuffer());
  const sign = response.headers.get("DBC-Sign");
  if (sign !== null && !verifyReply(machineId, text, response.status, answer, sign))
    throw new ApiError("REPLY_FORGED", "the answer is not the machine's, or was changed on the way");
  const message = open<T>(response.status, new TextDecoder().decode(answer));
  if (sign === null) throw new ApiError("REPLY_FORGED", "the answer has no signature of the machine");
  return { message, tookMs: Math.round(performance.now() - started) };
}
