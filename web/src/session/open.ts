import { now } from "../node/clock";
import { ignored } from "../node/read";
import { toHex } from "../wallet/encoding";
import { callMachine, type MachineRef } from "./machine";
import { type Grant, grantText, type Scope, sessionId } from "./request";

/**
 * margin: a session outlives its rental's end a little, so that a short renewal
 * needs no new one.
 */
const margin = 7 * 86_400;
/** longest is the longest validity that nodes accept, less a day. */
const longest = 59 * 86_400;

export interface Draft {
  privateKey: Uint8Array;
  grant: Grant;
  text: string;
}

/** draft generates a key and the grant that the wallet has to sign for it. */
export async function draft(at: MachineRef, rentId: bigint, scope: Scope, endSeconds: number): Promise<Draft> {
  const { secp256k1 } = await import("@noble/curves/secp256k1.js");
  const privateKey = secp256k1.utils.randomSecretKey();
  const seconds = Math.floor(now() / 1_000);
  const grant: Grant = {
    chainId: at.chainId,
    machineId: at.machineId,
    rentId,
    publicKey: toHex(secp256k1.getPublicKey(privateKey, true)),
    scope,
    expiry: Math.min(endSeconds + margin, seconds + longest),
  };
  return { privateKey, grant, text: grantText(grant) };
}

/** register sends a signed grant to the machine, and returns the session's id. */
export async function register(at: MachineRef, made: Draft, sign: string): Promise<string> {
  await callMachine(at, "/api/v1/sessions/create", { grant: made.text, sign }, ignored);
  return sessionId(made.text);
}
