import { type Locale, useLocale } from "./locale";

type Text = string | ((...args: never[]) => string) | { [key: string]: Text };

/** Same has the keys of T with any text: what the other language must provide. */
type Same<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { [K in keyof T]: Same<T[K]> };

export type Messages<T> = Record<Locale, Same<T>>;

/**
 * define holds a component's texts in both languages. Chinese must have exactly
 * the keys of English, or the build fails.
 */
export function define<T extends { [key: string]: Text }>(texts: { en: T; zh: Same<NoInfer<T>> }): Messages<T> {
  return texts as unknown as Messages<T>;
}

/**
 * wordFor returns the text of a word that a machine or the chain chose, or the
 * word itself: words such as "constructor" have no text, but every object has
 * them.
 */
export function wordFor(texts: Readonly<Record<string, string>>, word: string): string {
  return (Object.hasOwn(texts, word) && texts[word]) || word;
}

/** useMessages returns a component's texts in the language of the page. */
export function useMessages<T>(messages: Messages<T>): Same<T> {
  return messages[useLocale()];
}
