import { useSyncExternalStore } from "react";
import { onTabs, tellTabs } from "../ui/tabs";
import type { Secret } from "./keys";
import * as vault from "./vault";

/** The wallet as the page sees it. The vault's open key lives here, in memory, and nowhere else. */

export interface Account {
  kind: "local" | "keplr";
  address: string;
  name: string;
  publicKey: Uint8Array;
}

export interface WalletState {
  /** ready: what the browser keeps was read. */
  ready: boolean;
  /** error is why it could not be read; undefined while it is being read. */
  error: unknown;
  accounts: Account[];
  /** active is the account that pages act for. */
  active: Account | undefined;
  hasVault: boolean;
  unlocked: boolean;
  /** lockMinutes without a touch lock the wallet. */
  lockMinutes: number;
}

const activeKey = "dbc.account";
/** keplrKept names the chain for which Keplr was connected. */
export const keplrKept = "dbc.keplr";
const minutesKey = "dbc.lockMinutes";
export const lockChoices = [5, 15, 60];

let vaultKey: CryptoKey | undefined;
let keplr: Account | undefined;
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

/** reload reads the accounts anew. */
export async function reload(): Promise<void> {
  const stored = await vault.list();
  const accounts: Account[] = stored.map(({ address, name, publicKey }) => ({
    kind: "local",
    address,
    name,
    publicKey,
  }));
  if (keplr && !accounts.some((a) => a.address === keplr?.address)) accounts.push(keplr);
  const kept = localStorage.getItem(activeKey);
  const active = accounts.find((a) => a.address === kept) ?? accounts[0];
  set({ ready: true, error: undefined, accounts, active, hasVault: await vault.exists() });
}

/** patienceMs is far more than a browser takes to open what it keeps. */
const patienceMs = 15_000;

/** openWallet reads what the browser keeps. One that does not answer is told, and still waited for. */
export function openWallet(): void {
  set({ error: undefined });
  const silent = new Error("the browser does not answer for what it keeps");
  const timer = setTimeout(() => !state.ready && set({ error: silent }), patienceMs);
  reload()
    .catch((error) => set({ error }))
    .finally(() => clearTimeout(timer));
}

onTabs("wallet", () => void reload());
onTabs("lock", () => close());

/** startWallet reads what the browser keeps and begins to watch for idleness. */
export function startWallet(): void {
  const kept = Number(localStorage.getItem(minutesKey));
  if (lockChoices.includes(kept)) state = { ...state, lockMinutes: kept };
  let touched = Date.now();
  for (const event of ["pointerdown", "keydown"])
    addEventListener(event, () => (touched = Date.now()), { passive: true });
  // A timer alone would sleep with the computer; the clock does not.
  setInterval(() => state.unlocked && Date.now() - touched > state.lockMinutes * 60_000 && lock(), 5_000);
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

/** wallet is the state now, outside of React. */
export function wallet(): WalletState {
  return state;
}

export function setActive(address: string): void {
  localStorage.setItem(activeKey, address);
  set({ active: state.accounts.find((a) => a.address === address) ?? state.active });
}

export function setLockMinutes(minutes: number): void {
  localStorage.setItem(minutesKey, String(minutes));
  set({ lockMinutes: minutes });
}

export function setKeplr(account: Account | undefined): void {
  keplr = account;
  void reload();
}

function close(): void {
  vaultKey = undefined;
  set({ unlocked: false });
}

/** lock closes the wallet, in the other tabs too. */
export function lock(): void {
  close();
  tellTabs("lock");
}

/** unlock opens the vault, or makes it where this is the first password. */
export async function unlock(password: string): Promise<void> {
  vaultKey = (await vault.exists()) ? await vault.unlock(password) : await vault.create(password);
  set({ unlocked: true, hasVault: true });
}

/** withSecret gives an account's secret to use, while the wallet is unlocked. */
export async function withSecret<T>(address: string, use: (secret: Secret) => Promise<T> | T): Promise<T> {
  if (!vaultKey) throw new vault.WrongPassword("the wallet is locked");
  return use(await vault.secretOf(vaultKey, address));
}

/** add keeps an account and acts for it from now on. */
export async function add(name: string, secret: Secret): Promise<Account> {
  if (!vaultKey) throw new vault.WrongPassword("the wallet is locked");
  const { addressOf, privateKey, publicKey } = await import("./keys");
  const key = privateKey(secret);
  const pub = publicKey(key);
  key.fill(0);
  const address = addressOf(pub);
  const created = (await vault.list()).find((a) => a.address === address)?.created ?? Date.now();
  await vault.put(vaultKey, { address, name, publicKey: pub, created }, secret);
  localStorage.setItem(activeKey, address);
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
