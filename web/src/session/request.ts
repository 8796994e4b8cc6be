import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { fromHex, toHex } from "../wallet/encoding";

/**
 * Formats of signed requests and replies. Package auth of the node is the
 * specification.
 */

const utf8 = new TextEncoder();

function hash(data: Uint8Array): string {
  return toHex(sha256(data));
}

export interface Exact {
  chainId: string;
  method: string;
  /** path?query as on the request line. */
  target: string;
  machineId: string;
  body: Uint8Array;
  /** Unix seconds; 0 with an empty nonce if nothing was signed. */
  time: number;
  nonce: string;
}

/** requestText returns what an exact signature covers. */
export function requestText(r: Exact): string {
  return ["dbc-request-v1", r.chainId, r.method, r.target, r.machineId, hash(r.body), String(r.time), r.nonce].join(
    "\n",
  );
}

/** authHeader returns the value of DBC-Auth. */
export function authHeader(wallet: string, time: number, nonce: string, sign: string, session = ""): string {
  return ["v1", wallet, time, nonce, sign, ...(session ? [session] : [])].join(" ");
}

export function newNonce(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}

/**
 * verifyReply reports whether the machine gave exactly this answer to exactly
 * this request.
 */
export function verifyReply(
  machineId: string,
  request: string,
  status: number,
  body: Uint8Array,
  sign: string,
): boolean {
  if (!/^[0-9a-f]{64}$/.test(machineId) || !/^[0-9a-f]{128}$/.test(sign)) return false;
  const text = ["dbc-reply-v1", hash(utf8.encode(request)), String(status), hash(body)].join("\n");
  try {
    // Refuse keys of low order: for these there are signatures that verify for
    // any text.
    if (ed25519.Point.fromHex(machineId).isSmallOrder()) return false;
    return ed25519.verify(fromHex(sign), utf8.encode(text), fromHex(machineId), { zip215: false });
  } catch {
    return false;
  }
}

export type Scope = "read" | "operate" | "full";

export interface Grant {
  chainId: string;
  machineId: string;
  rentId: bigint;
  /** publicKey of the session, 33 bytes in hex. */
  publicKey: string;
  scope: Scope;
  /** Unix seconds. */
  expiry: number;
}

/**
 * grantText returns what the wallet signs to let a session's key act in one
 * rental.
 */
export function grantText(g: Grant): string {
  return ["dbc-session-v1", g.chainId, g.machineId, g.rentId, g.publicKey, g.scope, g.expiry].join("\n");
}

/** sessionId returns the id of a grant's session. */
export function sessionId(grant: string): string {
  return hash(utf8.encode(grant));
}
