import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const key = "dbc.theme";
const listeners = new Set<() => void>();
let theme: Theme = "system";

/** startTheme applies the stored choice. Without one the system decides. */
export function startTheme(): void {
  const kept = localStorage.getItem(key);
  theme = kept === "light" || kept === "dark" ? kept : "system";
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** setTheme changes the colours and stores the choice. */
export function setTheme(next: Theme): void {
  localStorage.setItem(key, next);
  startTheme();
  for (const listener of listeners) listener();
}

/** useTheme returns the choice, not the resulting colours. */
export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => theme,
  );
}
