import { ApiError, ask, open } from "../node/api";
import { now } from "../node/clock";
import type { Reader } from "../node/read";
import { authHeader, newNonce, requestText, verifyReply } from "./request";

/**
 * Authority signs requests for a wallet, with the wallet's own key or a
 * session's.
 */
export interface Authority {
  wallet: string;
  /** session is the id if a session's key signs, and "" otherwise. */
  session: string;
  sign: (text: string) => Promise<string>;
}

export interface MachineRef {
  chainId: string;
  machineId: string;
  /**
   * height is the newest block that is known to concern the machine, such as the
   * rent's: a machine that has not seen it asks for patience.
   */
  height?: bigint;
}

/** Proved is an answer with the machine's signature over it. */
export interface Proved<T> {
  message: T;
  tookMs: number;
}

/** A machine behind the app's block is asked again after pauseMs, at most tries times. */
const pauseMs = 1_000;
const tries = 10;

/**
 * callMachine calls a machine through the client node. An answer is accepted
 * only with the machine's signature over this very request; an unsigned error
 * may come from the node in between, and is reported as such. What the machine
 * signed may still be nonsense: read checks it.
 */
export async function callMachine<T>(
  at: MachineRef,
  path: string,
  additional: unknown,
  read: Reader<T>,
  by?: Authority,
  signal?: AbortSignal,
): Promise<Proved<T>> {
  for (let tried = 1; ; tried++) {
    try {
      return await callOnce(at, path, additional, read, by, signal);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "CHAIN_BEHIND" || tried >= tries) throw error;
      await pause(signal);
    }
  }
}

function pause(signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, pauseMs);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

async function callOnce<T>(
  { chainId, machineId, height }: MachineRef,
  path: string,
  additional: unknown,
  read: Reader<T>,
  by?: Authority,
  signal?: AbortSignal,
): Promise<Proved<T>> {
  const body = new TextEncoder().encode(JSON.stringify({ peer_nodes_list: [machineId], additional }));
  const time = by ? Math.floor(now() / 1_000) : 0;
  const nonce = by ? newNonce() : "";
  const text = requestText({ chainId, method: "POST", target: path, machineId, body, time, nonce });
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (by) headers["DBC-Auth"] = authHeader(by.wallet, time, nonce, await by.sign(text), by.session);
  if (height) headers["DBC-Height"] = String(height);
  const started = performance.now();
  const response = await ask(path, { method: "POST", headers, body: body as BodyInit, signal: signal ?? null });
  const answer = new Uint8Array(await response.arrayBuffer());
  const sign = response.headers.get("DBC-Sign");
  if (sign !== null && !verifyReply(machineId, text, response.status, answer, sign))
    throw new ApiError("REPLY_FORGED", "the answer is not the machine's, or was changed on the way");
  const message = open<unknown>(response.status, new TextDecoder().decode(answer));
  if (sign === null) throw new ApiError("REPLY_FORGED", "the answer has no signature of the machine");
  return { message: read(message), tookMs: Math.round(performance.now() - started) };
}
