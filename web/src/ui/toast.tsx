import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { define, useMessages } from "../i18n/messages";
import css from "./toast.module.css";

const messages = define({ en: { dismiss: "Dismiss" }, zh: { dismiss: "关闭提示" } });

interface Item {
  id: number;
  text: string;
}

const shownMs = 6_000;
const most = 3;

let items: readonly Item[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: readonly Item[]): void {
  items = next;
  for (const listener of listeners) listener();
}

function drop(id: number): void {
  set(items.filter((item) => item.id !== id));
}

/**
 * toast shows for a while what was done. Failures are shown in the page
 * instead.
 */
export function toast(text: string): void {
  const id = ++last;
  set([...items, { id, text }].slice(-most));
  setTimeout(() => drop(id), shownMs);
}

/** Toasts is the container of toasts. */
export function Toasts() {
  const m = useMessages(messages);
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => items,
  );
  return (
    <div className={css.viewport} role="status" aria-live="polite">
      {shown.map(({ id, text }) => (
        <div key={id} className={css.toast}>
          <span>{text}</span>
          <button type="button" className={css.close} onClick={() => drop(id)} aria-label={m.dismiss}>
            <X aria-hidden="true" />
          </button>
        </div>
      ))}
    </div>
  );
}
