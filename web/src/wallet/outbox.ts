import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { useEffect, useState } from "react";

/**
 * The outbox stores what this browser signed until its outcome is known, so
 * that a lost answer is never mistaken for a failed transaction. All tabs share
 * it, and one at a time signs for an account.
 */

export interface Sent {
  /** key is chain and account, joined. */
  key: string;
  chainId: string;
  address: string;
  sequence: bigint;
  /** hash in upper-case hex digits. */
  hash: string;
  bytes: Uint8Array;
  /** last is the last block that may include it. */
  last: bigint;
  /** names of its messages. */
  names: string[];
  /** wish is what it requests, without the bounds of a quote. */
  wish: string;
  /** at is when it was signed by this computer's clock, for display only. */
  at: number;
  /** height and block are those of the newest block when it was signed. */
  height: bigint;
  block: string;
}

interface Schema extends DBSchema {
  sent: { key: string; value: Sent };
}

let opened: Promise<IDBPDatabase<Schema>> | undefined;

function db(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>("dbc-outbox", 1, {
    upgrade(database) {
      database.createObjectStore("sent", { keyPath: "key" });
    },
  }).catch((error) => {
    opened = undefined; // the next caller retries
    throw error;
  });
  return opened;
}

export const boxKey = (chainId: string, address: string) => `${chainId}/${address}`;

const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("dbc-outbox");
const listeners = new Set<() => void>();
channel?.addEventListener("message", () => {
  for (const listener of listeners) listener();
});

function changed(): void {
  for (const listener of listeners) listener();
  channel?.postMessage(0);
}

/**
 * keep returns when it is on disk: the browser may end before it writes by
 * itself.
 */
export async function keep(sent: Sent): Promise<void> {
  const tx = (await db()).transaction("sent", "readwrite", { durability: "strict" });
  await tx.store.put(sent);
  await tx.done;
  changed();
}

/** drop removes a transaction, if it is still the stored one. */
export async function drop({ key, hash }: Sent): Promise<void> {
  const tx = (await db()).transaction("sent", "readwrite", { durability: "strict" });
  if ((await tx.store.get(key))?.hash === hash) await tx.store.delete(key);
  await tx.done;
  changed();
}

/** kept returns an account's transaction whose outcome is unknown. */
export async function kept(chainId: string, address: string): Promise<Sent | undefined> {
  return (await db()).get("sent", boxKey(chainId, address));
}

async function all(chainId: string): Promise<Sent[]> {
  return (await (await db()).getAll("sent")).filter((sent) => sent.chainId === chainId);
}

/**
 * inTurn runs work while no other tab signs for the account or settles what it
 * sent. wait is called once if another tab is busy; without it undefined is
 * returned instead.
 */
export async function inTurn<T>(
  chainId: string,
  address: string,
  work: () => Promise<T>,
  wait?: () => void,
): Promise<T | undefined> {
  const name = `dbc-outbox ${boxKey(chainId, address)}`;
  const locks = navigator.locks ?? page;
  let taken = false;
  const result = await locks.request(name, { ifAvailable: true }, async (lock) => {
    taken = lock !== null;
    return taken ? work() : undefined;
  });
  if (taken || !wait) return result;
  wait();
  return locks.request(name, {}, work);
}

/** held is the end of a page's queue for each lock. */
const held = new Map<string, Promise<unknown>>();

/**
 * page provides locks within this page only, for a browser without locks: at an
 * insecure address, where only Keplr signs. Two tabs there are like two
 * computers, between which the account's sequence decides.
 */
const page = {
  async request<T>(name: string, options: { ifAvailable?: boolean }, work: (lock: object | null) => Promise<T>) {
    const before = held.get(name);
    if (before && options.ifAvailable) return work(null);
    const now = (before ?? Promise.resolve()).then(() => work({}));
    const end = now.catch(() => {}).then(() => void (held.get(name) === end && held.delete(name)));
    held.set(name, end);
    return now;
  },
};

/**
 * lookMs is the interval of checks for what another tab, which may have
 * crashed, left behind.
 */
const lookMs = 3_000;

/**
 * useOutbox returns what this browser sent on a chain and whose outcome is
 * unknown.
 */
export function useOutbox(chainId: string | undefined): readonly Sent[] {
  const [list, setList] = useState<readonly Sent[]>([]);
  useEffect(() => {
    if (!chainId) return;
    let mounted = true;
    const look = () =>
      void all(chainId).then(
        (found) => mounted && setList((had) => (had.length === 0 && found.length === 0 ? had : found)),
        () => {}, // the wallet page reports a browser that stores nothing
      );
    look();
    listeners.add(look);
    const timer = setInterval(look, lookMs);
    return () => {
      mounted = false;
      listeners.delete(look);
      clearInterval(timer);
    };
  }, [chainId]);
  return list;
}
