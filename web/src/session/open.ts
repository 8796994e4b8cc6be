import { now } from "../node/clock";
import { toHex } from "../wallet/encoding";
import { callMachine, type MachineRef } from "./machine";
import { type Grant, grantText, type Scope, sessionId } from "./request";

/** margin: a session outlives its rental's end a little, so that a short renewal needs no new one. */
const margin = 7 * 86_400;
/** longest life that nodes take, less a day. */
const longest = 59 * 86_400;

export interface Draft {
  privateKey: Uint8Array;
  grant: Grant;
  text: string;
}

/** draft makes a fresh key and the grant that the wallet has to sign for it. */
export async function draft(at: MachineRef, rentId: bigint, scope: Scope, endSeconds: number): Promise<Draft> {
  const { secp256k1 } = await import("@noble/curves/secp256k1.js");
  const privateKey = secp256k1.utils.randomSecretKey();
  const seconds = Math.floor(now() / 1_000);
  const grant: Grant = {
    ...at,
    rentId,
    publicKey: toHex(secp256k1.getPublicKey(privateKey, true)),
    scope,
    expiry: Math.min(endSeconds + margin, seconds + longest),
  };
  return { privateKey, grant, text: grantText(grant) };
}

/** register tells the machine of a signed grant, and gives the session's id. */
export async function register(at: MachineRef, made: Draft, sign: string): Promise<string> {
  await callMachine(at, "/api/v1/sessions/create", { grant: made.text, sign });
  return sessionId(made.text);
}
