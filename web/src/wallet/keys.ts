import { secp256k1 } from "@noble/curves/secp256k1.js";
import { ripemd160 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bech32 } from "@scure/base";
import { HDKey } from "@scure/bip32";
import { generateMnemonic, mnemonicToSeedSync, validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { typed } from "../money/typed";
import { fromHex, PREFIX } from "./encoding";

/**
 * Secret is what an account is derived from: a mnemonic with the account's
 * number, or a key alone.
 */
export type Secret = { words: string; index: number } | { key: string };

/** newWords generates the 24 words of a new wallet. */
export function newWords(): string {
  return generateMnemonic(wordlist, 256);
}

/**
 * tidyWords normalizes a mnemonic as people paste it, numbered, with commas or
 * in quotes, with the "Words:" that dbc prints before them, and returns null if
 * it is invalid.
 */
export function tidyWords(text: string): string | null {
  const words = (
    typed(text)
      .toLowerCase()
      .match(/[a-z]+/g) ?? []
  )
    .join(" ")
    .replace(/^words /, "");
  return validateMnemonic(words, wordlist) ? words : null;
}

/** tidyKey normalizes a private key in hex, and returns null if it is invalid. */
export function tidyKey(text: string): string | null {
  const hex = typed(text).trim().toLowerCase().replace(/^0x/, "");
  if (!/^[0-9a-f]{64}$/.test(hex)) return null;
  return secp256k1.utils.isValidSecretKey(fromHex(hex)) ? hex : null;
}

/**
 * privateKey derives the account's key: m/44'/118'/0'/0/index, like Keplr and
 * Ledger.
 */
export function privateKey(secret: Secret): Uint8Array {
  if ("key" in secret) return fromHex(secret.key);
  const node = HDKey.fromMasterSeed(mnemonicToSeedSync(secret.words)).derive(`m/44'/118'/0'/0/${secret.index}`);
  if (!node.privateKey) throw new Error("the words give no key");
  return node.privateKey;
}

export function publicKey(key: Uint8Array): Uint8Array {
  return secp256k1.getPublicKey(key, true);
}

/** addressOf returns the bech32 address of a public key of 33 bytes. */
export function addressOf(pub: Uint8Array, prefix = PREFIX): string {
  return bech32.encode(prefix, bech32.toWords(ripemd160(sha256(pub))));
}
