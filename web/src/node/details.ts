import { chainDetails, chainErrors } from "./codes";
import { plain } from "./plain";

/** Details are the values of a refusal by the chain: amounts in udbc, times in RFC 3339. */
export type Details = Readonly<Record<string, string>>;

/**
 * splitDetails separates what the chain says for people from what it says for
 * programs. The last values count: what a sender wrote stands before them.
 */
export function splitDetails(log: string): { said: string; values: Details } {
  let said = log;
  let values: Details | undefined;
  for (let end = log.length; ; ) {
    const at = said.lastIndexOf(chainDetails, end - 1);
    if (at < 0 || end <= 0) return { said, values: values ?? {} };
    end = at;
    const [text, found] = objectAt(said.slice(at + chainDetails.length)) ?? [];
    if (text === undefined || !found) continue;
    said = said.slice(0, at) + said.slice(at + chainDetails.length + text.length);
    values ??= found;
  }
}

/** flat matches an object whose names and values are texts. */
const flat = /^\{(?:"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*",?)*\}/;

function objectAt(text: string): [string, Details] | undefined {
  const [raw] = flat.exec(text) ?? [];
  if (!raw) return undefined;
  try {
    return [raw, plain(JSON.parse(raw))];
  } catch {
    return undefined;
  }
}

/** told returns those values that the table of the chain's errors names. */
export function told(codespace: string, code: number, values: Details): Details {
  const names = chainErrors[`${codespace}/${code}`]?.params ?? [];
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(values, name) ? [[name, values[name] ?? ""]] : [])));
}
