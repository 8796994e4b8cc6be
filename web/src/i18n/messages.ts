import { type Locale, useLocale } from "./locale";

type Text = string | ((...args: never[]) => string) | { [key: string]: Text };

/** Same has the keys of T with any text: what the other language must give. */
type Same<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { [K in keyof T]: Same<T[K]> };

export type Messages<T> = Record<Locale, Same<T>>;

/**
 * define holds a room's texts in both languages. Chinese must have exactly the
 * keys of English, or the build fails.
 */
export function define<T extends { [key: string]: Text }>(texts: { en: T; zh: Same<NoInfer<T>> }): Messages<T> {
  return texts as unknown as Messages<T>;
}

/** useMessages gives a room's texts in the language of the page. */
export function useMessages<T>(messages: Messages<T>): Same<T> {
  return messages[useLocale()];
}
