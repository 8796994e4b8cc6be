import { ApiError } from "./api";

/**
 * Readers parse what a machine answers. Its signature proves who said it, not
 * that it is what the app expects: what enters the app without a reader is
 * rendered, signed and copied as it came.
 */

/** Reader returns a part of an answer, or throws the machine's fault; at is its place. */
export type Reader<T> = (value: unknown, at?: string) => T;

/** longest is how much of a wrong value is shown, in characters. */
const longest = 64;

/** fault is the error of a machine whose answer has another form. */
export function fault(at: string, value: unknown, want: string): ApiError {
  const shown = (JSON.stringify(value) ?? "nothing").slice(0, longest);
  return new ApiError("MACHINE_ANSWER", `${at || "the answer"} is ${shown}, not ${want}`, { field: at, value: shown });
}

/** text reads a string. */
export const text: Reader<string> = (value, at = "") => {
  if (typeof value !== "string") throw fault(at, value, "a text");
  return value;
};

/** formed reads a string of a form. */
export function formed(form: RegExp, want: string): Reader<string> {
  return (value, at = "") => {
    if (typeof value !== "string" || !form.test(value)) throw fault(at, value, want);
    return value;
  };
}

/** flag reads a boolean. */
export const flag: Reader<boolean> = (value, at = "") => {
  if (typeof value !== "boolean") throw fault(at, value, "true or false");
  return value;
};

/** amount reads a number that counts something. */
export const amount: Reader<number> = (value, at = "") => {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) throw fault(at, value, "a number from 0 on");
  return value;
};

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** instant reads a time in RFC 3339, and returns it as written. */
export const instant: Reader<string> = (value, at = "") => {
  if (typeof value !== "string" || !rfc3339.test(value) || Number.isNaN(Date.parse(value)))
    throw fault(at, value, "a time such as 2026-01-31T12:00:00Z");
  return value;
};

/** ignored is for answers that nobody reads. */
export const ignored: Reader<undefined> = () => undefined;

/** list reads an array. */
export function list<T>(item: Reader<T>): Reader<T[]> {
  return (value, at = "") => {
    if (!Array.isArray(value)) throw fault(at, value, "a list");
    return value.map((each, place) => item(each, `${at}[${place}]`));
  };
}

/** maybe reads what may be left out; Go writes null for some of it. */
export function maybe<T>(what: Reader<T>): Reader<T | undefined> {
  return (value, at) => (value === undefined || value === null ? undefined : what(value, at));
}

function objectOf(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fault(at, value, "an object");
  return value as Record<string, unknown>;
}

/** texts reads an object whose values are strings. */
export const texts: Reader<Record<string, string>> = (value, at = "") =>
  Object.fromEntries(Object.entries(objectOf(value, at)).map(([name, each]) => [name, text(each, `${at}.${name}`)]));

/** record reads an object's known fields, and drops the others. */
export function record<T extends object>(fields: { [K in keyof T]-?: Reader<T[K]> }): Reader<T> {
  return (value, at = "") => {
    const from = objectOf(value, at);
    const read: Partial<T> = {};
    for (const name of Object.keys(fields) as (keyof T & string)[]) {
      const given = Object.hasOwn(from, name) ? from[name] : undefined;
      const got = fields[name](given, at ? `${at}.${name}` : name);
      if (got !== undefined) read[name] = got;
    }
    return read as T;
  };
}
