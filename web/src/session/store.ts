import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { tellTabs } from "../ui/tabs";
import { fromHex, toHex } from "../wallet/encoding";
import type { Authority } from "./machine";
import type { Scope } from "./request";

/**
 * Sessions of this browser: a key that acts in one rental, so that the page can
 * call the machine without asking for a password each time. It cannot move
 * coins, and is stored encrypted with a key that the browser never reveals.
 */

/** Granted is a session as described by its grant. */
export interface Granted {
  id: string;
  wallet: string;
  rentId: string;
  machineId: string;
  scope: Scope;
  /** Unix seconds. */
  expiry: number;
}

export interface Session extends Granted {
  /** wallet and rental, joined: the key under which the session is stored. */
  key: string;
  iv: Uint8Array;
  box: Uint8Array;
}

interface Schema extends DBSchema {
  device: { key: "key"; value: CryptoKey };
  sessions: { key: string; value: Session };
}

let opened: Promise<IDBPDatabase<Schema>> | undefined;

function db(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>("dbc-sessions", 1, {
    upgrade(database) {
      database.createObjectStore("device");
      database.createObjectStore("sessions", { keyPath: "key" });
    },
  }).catch((error) => {
    opened = undefined; // the next caller retries
    throw error;
  });
  return opened;
}

async function deviceKey(): Promise<CryptoKey> {
  const database = await db();
  const kept = await database.get("device", "key");
  if (kept) return kept;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  // Another tab may have been faster: use whichever is stored.
  await database.add("device", made, "key").catch(() => {});
  return (await database.get("device", "key")) ?? made;
}

export function sessionKey(wallet: string, rentId: bigint | string): string {
  return `${wallet}/${rentId}`;
}

/** keep stores a session with its private key. */
export async function keep(session: Granted, privateKey: Uint8Array): Promise<void> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await deviceKey(), privateKey as BufferSource);
  const key = sessionKey(session.wallet, session.rentId);
  await (await db()).put("sessions", { ...session, key, iv, box: new Uint8Array(box) });
  tellTabs("sessions");
}

/**
 * find returns the session for a rental that is valid at a time in Unix
 * seconds.
 */
export async function find(wallet: string, rentId: bigint, at: number): Promise<Session | null> {
  const session = await (await db()).get("sessions", sessionKey(wallet, rentId));
  if (session && session.expiry <= at) {
    await forget(session);
    return null;
  }
  return session ?? null;
}

/**
 * ofRental returns a session for a rental, of whichever wallet: one that was
 * opened with a link.
 */
export async function ofRental(rentId: bigint, at: number): Promise<Session | null> {
  const all = await (await db()).getAll("sessions");
  return all.find((s) => s.rentId === rentId.toString() && s.expiry > at) ?? null;
}

export async function forget(session: Pick<Session, "key">): Promise<void> {
  await (await db()).delete("sessions", session.key);
  tellTabs("sessions");
}

/** privateKeyOf returns a session's key, for its signatures and for a link. */
export async function privateKeyOf(session: Session): Promise<Uint8Array> {
  const plain = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: session.iv as BufferSource },
    await deviceKey(),
    session.box as BufferSource,
  );
  return new Uint8Array(plain);
}

/** authorityOf returns an Authority that signs with a session. */
export function authorityOf(session: Session): Authority {
  return {
    wallet: session.wallet,
    session: session.id,
    sign: async (text) => {
      const { signText } = await import("../wallet/sign");
      return signText(text, await privateKeyOf(session));
    },
  };
}

/** linkOf encodes a session as the part of an address that no server sees. */
export function linkOf(session: Granted, privateKey: Uint8Array): string {
  const { id, wallet, rentId, machineId, scope, expiry } = session;
  return `#session=${[id, wallet, rentId, machineId, scope, expiry, toHex(privateKey)].join(".")}`;
}

/** fromLink decodes what linkOf encoded, and returns null for anything else. */
export function fromLink(hash: string): { session: Granted; privateKey: Uint8Array } | null {
  const match =
    /^#session=([0-9a-f]{64})\.(dbc1[0-9a-z]{38,58})\.(\d{1,20})\.([0-9a-f]{64})\.(read|operate|full)\.(\d{1,12})\.([0-9a-f]{64})$/.exec(
      hash,
    );
  if (!match) return null;
  const [, id, wallet, rentId, machineId, scope, expiry, key] = match as unknown as string[];
  return {
    session: { id, wallet, rentId, machineId, scope: scope as Scope, expiry: Number(expiry) } as Granted,
    privateKey: fromHex(key as string),
  };
}
