import { useSyncExternalStore } from "react";
import { onTabs, tellTabs } from "../ui/tabs";
import type { Secret } from "./keys";
import * as vault from "./vault";

/**
 * The wallet from the page's view. The vault's open key is only here, in
 * memory.
 */

export interface Account {
  kind: "local" | "keplr";
  address: string;
  name: string;
  publicKey: Uint8Array;
}

export interface WalletState {
  /** ready: what the browser stores has been read. */
  ready: boolean;
  /** error is why it could not be read; undefined while it is being read. */
  error: unknown;
  accounts: Account[];
  /** active is the account that pages act for. */
  active: Account | undefined;
  hasVault: boolean;
  unlocked: boolean;
  /** lockMinutes is the idle time after which the wallet locks. */
  lockMinutes: number;
}

const activeKey = "dbc.account";
/** keplrKept stores the chain for which Keplr was connected. */
export const keplrKept = "dbc.keplr";
const minutesKey = "dbc.lockMinutes";
export const lockChoices = [5, 15, 60];

let vaultKey: CryptoKey | undefined;
let keplr: Account | undefined;
/**
 * chosen is the address of the account that this tab acts for; another tab may
 * act for another one.
 */
let chosen: string | null = null;
let state: WalletState = {
  ready: false,
  error: undefined,
  accounts: [],
  active: undefined,
  hasVault: false,
  unlocked: false,
  lockMinutes: 15,
};
const listeners = new Set<() => void>();

function set(next: Partial<WalletState>): void {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
}

/** reload reads the accounts again. */
export async function reload(): Promise<void> {
  const stored = await vault.list();
  const accounts: Account[] = stored.map(({ address, name, publicKey }) => ({
    kind: "local",
    address,
    name,
    publicKey,
  }));
  if (keplr && !accounts.some((a) => a.address === keplr?.address)) accounts.push(keplr);
  chosen ??= localStorage.getItem(activeKey);
  const active = accounts.find((a) => a.address === chosen) ?? accounts[0];
  set({ ready: true, error: undefined, accounts, active, hasVault: await vault.exists() });
}

/** patienceMs is far more than a browser takes to open its database. */
const patienceMs = 15_000;

/**
 * openWallet reads what the browser stores. If it does not answer, that is
 * shown, and waiting continues.
 */
export function openWallet(): void {
  set({ error: undefined });
  const silent = new Error("the browser does not answer for what it keeps");
  const timer = setTimeout(() => !state.ready && set({ error: silent }), patienceMs);
  reload()
    .catch((error) => set({ error }))
    .finally(() => clearTimeout(timer));
}

onTabs("wallet", () => {
  readMinutes();
  void reload();
});
onTabs("lock", () => close());

function readMinutes(): void {
  const kept = Number(localStorage.getItem(minutesKey));
  if (lockChoices.includes(kept)) state = { ...state, lockMinutes: kept };
}

/** startWallet reads what the browser stores and starts to watch for idleness. */
export function startWallet(): void {
  readMinutes();
  let touched = Date.now();
  for (const event of ["pointerdown", "keydown"])
    addEventListener(event, () => (touched = Date.now()), { passive: true });
  // A timer alone would sleep with the computer; the clock does not. Another tab
  // may be in use: each one locks after its own idleness.
  setInterval(() => state.unlocked && Date.now() - touched > state.lockMinutes * 60_000 && close(), 5_000);
  openWallet();
}

export function useWallet(): WalletState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}

/** wallet returns the current state, outside React. */
export function wallet(): WalletState {
  return state;
}

/** setActive makes this tab, and tabs opened later, act for an account. */
export function setActive(address: string): void {
  choose(address);
  set({ active: state.accounts.find((a) => a.address === address) ?? state.active });
}

function choose(address: string): void {
  chosen = address;
  localStorage.setItem(activeKey, address);
}

export function setLockMinutes(minutes: number): void {
  localStorage.setItem(minutesKey, String(minutes));
  set({ lockMinutes: minutes });
  tellTabs("wallet");
}

export function setKeplr(account: Account | undefined): void {
  keplr = account;
  void reload();
}

function close(): void {
  vaultKey = undefined;
  set({ unlocked: false });
}

/** lock locks the wallet, in the other tabs too. */
export function lock(): void {
  close();
  tellTabs("lock");
}

/** unlock opens the vault, or creates it with the first password. */
export async function unlock(password: string): Promise<void> {
  vaultKey = (await vault.exists()) ? await vault.unlock(password) : await vault.create(password);
  set({ unlocked: true, hasVault: true });
}

/** withSecret passes an account's secret to use, while the wallet is unlocked. */
export async function withSecret<T>(address: string, use: (secret: Secret) => Promise<T> | T): Promise<T> {
  if (!vaultKey) throw new vault.WrongPassword("the wallet is locked");
  return use(await vault.secretOf(vaultKey, address));
}

/** add stores an account and acts for it from now on. */
export async function add(name: string, secret: Secret): Promise<Account> {
  if (!vaultKey) throw new vault.WrongPassword("the wallet is locked");
  const { addressOf, privateKey, publicKey } = await import("./keys");
  const key = privateKey(secret);
  const pub = publicKey(key);
  key.fill(0);
  const address = addressOf(pub);
  const created = (await vault.list()).find((a) => a.address === address)?.created ?? Date.now();
  await vault.put(vaultKey, { address, name, publicKey: pub, created }, secret);
  choose(address);
  await reload();
  tellTabs("wallet");
  return { kind: "local", address, name, publicKey: pub };
}

export async function rename(address: string, name: string): Promise<void> {
  await vault.rename(address, name);
  await reload();
  tellTabs("wallet");
}

export async function remove(address: string): Promise<void> {
  await vault.remove(address);
  if (!(await vault.exists())) lock();
  await reload();
  tellTabs("wallet");
}
