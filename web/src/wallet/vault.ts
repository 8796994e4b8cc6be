import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Params } from "./kdf";
import type { Secret } from "./keys";

/**
 * The vault stores accounts in IndexedDB. A random key encrypts each account's
 * secret (AES-GCM, bound to its address); a key derived from the password
 * (Argon2id) encrypts that one. Addresses and names are readable without the
 * password.
 */

export interface Stored {
  address: string;
  name: string;
  /** 33 bytes. */
  publicKey: Uint8Array;
  created: number;
  box: Box;
}

interface Box {
  iv: Uint8Array;
  data: Uint8Array;
}

interface Schema extends DBSchema {
  seal: { key: "seal"; value: { params: Params; box: Box } };
  accounts: { key: string; value: Stored };
}

export class WrongPassword extends Error {
  override name = "WrongPassword";
}

const utf8 = new TextEncoder();
const sealLabel = "dbc-wallet-v1";

let opened: Promise<IDBPDatabase<Schema>> | undefined;

function db(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>("dbc-wallet", 1, {
    upgrade(database) {
      database.createObjectStore("seal");
      database.createObjectStore("accounts", { keyPath: "address" });
    },
  }).catch((error) => {
    opened = undefined; // the next caller retries
    throw error;
  });
  return opened;
}

async function encrypt(key: CryptoKey, plain: Uint8Array, label: string): Promise<Box> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: utf8.encode(label) },
    key,
    plain as BufferSource,
  );
  return { iv, data: new Uint8Array(data) };
}

async function decrypt(key: CryptoKey, box: Box, label: string): Promise<Uint8Array> {
  const iv = box.iv as BufferSource;
  return new Uint8Array(
    await crypto.subtle.decrypt(
      { name: "AES-GCM", iv, additionalData: utf8.encode(label) },
      key,
      box.data as BufferSource,
    ),
  );
}

function importKey(raw: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw as BufferSource, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** exists reports whether a password was chosen before. */
export async function exists(): Promise<boolean> {
  return (await (await db()).count("seal")) > 0;
}

/**
 * create sets the password of a new vault and returns its open key. It refuses
 * if there is one already.
 */
export async function create(password: string): Promise<CryptoKey> {
  const { newParams, stretch } = await import("./kdf");
  const params = newParams();
  const raw = crypto.getRandomValues(new Uint8Array(32));
  try {
    const box = await encrypt(await stretch(password, params), raw, sealLabel);
    // add fails if another tab was faster.
    await (await db()).add("seal", { params, box }, "seal");
    // A vault that the browser may delete under storage pressure would mean
    // lost coins.
    await navigator.storage?.persist?.();
    return await importKey(raw);
  } finally {
    raw.fill(0);
  }
}

/** unlock opens the vault, or throws WrongPassword. */
export async function unlock(password: string): Promise<CryptoKey> {
  const seal = await (await db()).get("seal", "seal");
  if (!seal) throw new WrongPassword("there is no wallet in this browser");
  const { stretch } = await import("./kdf");
  const key = await stretch(password, seal.params);
  let raw: Uint8Array;
  try {
    raw = await decrypt(key, seal.box, sealLabel);
  } catch {
    throw new WrongPassword("wrong password");
  }
  try {
    return await importKey(raw);
  } finally {
    raw.fill(0);
  }
}

/** list returns the accounts, oldest first. */
export async function list(): Promise<Stored[]> {
  const all = await (await db()).getAll("accounts");
  return all.sort((a, b) => a.created - b.created);
}

/** put stores an account with its secret. */
export async function put(key: CryptoKey, account: Omit<Stored, "box">, secret: Secret): Promise<void> {
  const box = await encrypt(key, utf8.encode(JSON.stringify(secret)), account.address);
  await (await db()).put("accounts", { ...account, box });
}

/** secretOf decrypts an account's secret. */
export async function secretOf(key: CryptoKey, address: string): Promise<Secret> {
  const stored = await (await db()).get("accounts", address);
  if (!stored) throw new Error(`no account ${address} in this browser`);
  return JSON.parse(new TextDecoder().decode(await decrypt(key, stored.box, address)));
}

/** rename renames an account. */
export async function rename(address: string, name: string): Promise<void> {
  const database = await db();
  const stored = await database.get("accounts", address);
  if (stored) await database.put("accounts", { ...stored, name });
}

/** remove removes an account; with the last one it also removes the password. */
export async function remove(address: string): Promise<void> {
  const tx = (await db()).transaction(["accounts", "seal"], "readwrite");
  await tx.objectStore("accounts").delete(address);
  if ((await tx.objectStore("accounts").count()) === 0) await tx.objectStore("seal").clear();
  await tx.done;
}
