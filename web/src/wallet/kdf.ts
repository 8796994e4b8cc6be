import { argon2id } from "hash-wasm";

/**
 * Params of Argon2id. They are stored with the salt, so that they can be
 * increased later.
 */
export interface Params {
  memoryKiB: number;
  passes: number;
  salt: Uint8Array;
}

/**
 * newParams returns OWASP's choice for 64 MiB: about a quarter of a second in a
 * browser.
 */
export function newParams(): Params {
  return { memoryKiB: 65_536, passes: 3, salt: crypto.getRandomValues(new Uint8Array(16)) };
}

/** stretch derives a key from a password. */
export async function stretch(password: string, { memoryKiB, passes, salt }: Params): Promise<CryptoKey> {
  const raw = await argon2id({
    password: password.normalize("NFKC"),
    salt,
    memorySize: memoryKiB,
    iterations: passes,
    parallelism: 1,
    hashLength: 32,
    outputType: "binary",
  });
  try {
    return await crypto.subtle.importKey("raw", raw as BufferSource, "AES-GCM", false, ["encrypt", "decrypt"]);
  } finally {
    raw.fill(0);
  }
}
