import type { ReactNode } from "react";
import { useSyncExternalStore } from "react";
import type { TxDone, TxMessage } from "./tx";

/**
 * Every signature of the wallet goes through one dialog, which shows what is
 * signed. This file is its interface.
 */

export interface About {
  title: string;
  /** rows explain what will be signed. */
  rows?: readonly (readonly [string, ReactNode])[];
  /** warning is shown above the button. */
  warning?: ReactNode;
  confirmLabel?: string;
}

export type Request = About &
  (
    | { kind: "tx"; messages: readonly TxMessage[]; done: (result: TxDone | undefined) => void }
    | { kind: "text"; text: string; done: (sign: string | undefined) => void }
  );

/** Asking means that another signature is being asked for already. */
export class Asking extends Error {
  override name = "Asking";

  constructor() {
    super("another signature is being asked for");
  }
}

let current: Request | undefined;
const listeners = new Set<() => void>();

function set(next: Request | undefined): void {
  current = next;
  for (const listener of listeners) listener();
}

/**
 * transact asks to sign messages, sends them, and returns the result, or
 * undefined if the user closed the dialog.
 */
export function transact(about: About & { messages: readonly TxMessage[] }): Promise<TxDone | undefined> {
  if (current) return Promise.reject(new Asking());
  return new Promise((resolve) => set({ ...about, kind: "tx", done: finish(resolve) }));
}

/**
 * authorize asks to sign a text for a node, and returns undefined if the user
 * closed the dialog.
 */
export function authorize(about: About & { text: string }): Promise<string | undefined> {
  if (current) return Promise.reject(new Asking());
  return new Promise((resolve) => set({ ...about, kind: "text", done: finish(resolve) }));
}

function finish<T>(resolve: (value: T) => void): (value: T) => void {
  return (value) => {
    set(undefined);
    resolve(value);
  };
}

export function useApproval(): Request | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
