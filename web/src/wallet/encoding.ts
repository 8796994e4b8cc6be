import { base16, bech32 } from "@scure/base";

/** PREFIX of the chain's addresses. */
export const PREFIX = "dbc";

/** isAddress reports whether text is an account's address on this chain. */
export function isAddress(text: string): boolean {
  try {
    const { prefix, bytes } = bech32.decodeToBytes(text);
    return prefix === PREFIX && (bytes.length === 20 || bytes.length === 32);
  } catch {
    return false;
  }
}

export function toHex(bytes: Uint8Array): string {
  return base16.encode(bytes).toLowerCase();
}

export function fromHex(hex: string): Uint8Array {
  return base16.decode(hex.toUpperCase());
}
