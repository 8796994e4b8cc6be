/**
 * Text that others wrote (hosts, guests, nodes) is escaped where it enters the
 * app, in the few places that read it, so that no page can forget it: controls,
 * characters that reverse the direction of text, and those without width become
 * \u and their number, as on the command line. Line breaks and tabs stay.
 */
const unseen = /[^\P{Cc}\n\r\t]|[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const escaped = (text: string) =>
  Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");

/** plainText makes invisible characters visible. */
export function plainText(text: string): string {
  return text.replace(unseen, escaped);
}

/** plain does so for all text in a value read from JSON or protobuf, in place. */
export function plain<T>(value: T): T {
  if (typeof value === "string") return plainText(value) as T;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const object = value as Record<string, unknown>;
  for (const name of Object.keys(object)) {
    const clean = plain(object[name]);
    if (clean !== object[name]) object[name] = clean;
    const shown = plainText(name);
    if (shown === name) continue;
    object[shown] = object[name];
    delete object[name];
  }
  return value;
}
