import { secp256k1 } from "@noble/curves/secp256k1.js";
import { base64 } from "@scure/base";
import { toHex } from "./encoding";
import { addressOf, publicKey } from "./keys";

/**
 * signDoc returns what a wallet signs for text: ADR-036's amino JSON, as
 * Keplr's signArbitrary builds it.
 */
export function signDoc(text: string, signer: string): string {
  const data = base64.encode(new TextEncoder().encode(text));
  return (
    '{"account_number":"0","chain_id":"","fee":{"amount":[],"gas":"0"},"memo":"",' +
    `"msgs":[{"type":"sign/MsgSignData","value":{"data":"${data}","signer":"${signer}"}}],"sequence":"0"}`
  );
}

/**
 * signText returns a signature in the format that nodes accept: hex of the
 * public key, then r and s.
 */
export function signText(text: string, key: Uint8Array): string {
  const pub = publicKey(key);
  // sha256 of the document, deterministic by RFC 6979, low s.
  const signature = secp256k1.sign(new TextEncoder().encode(signDoc(text, addressOf(pub))), key);
  return toHex(pub) + toHex(signature);
}
