import { useSyncExternalStore } from "react";

export type Locale = "en" | "zh";
export const locales: Record<Locale, string> = { en: "English", zh: "中文" };

const key = "dbc.locale";
const listeners = new Set<() => void>();

function first(): Locale {
  const kept = localStorage.getItem(key);
  if (kept === "en" || kept === "zh") return kept;
  for (const language of navigator.languages) {
    if (/^zh\b/i.test(language)) return "zh";
    if (/^en\b/i.test(language)) return "en";
  }
  return "en";
}

let locale: Locale = "en";

/** startLocale applies the stored language, or else the browser's. */
export function startLocale(): void {
  locale = first();
  document.documentElement.lang = locale === "zh" ? "zh-CN" : "en";
}

/** setLocale switches the language and stores the choice. */
export function setLocale(next: Locale): void {
  localStorage.setItem(key, next);
  startLocale();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** useLocale returns the language of the page. */
export function useLocale(): Locale {
  return useSyncExternalStore(subscribe, () => locale);
}
