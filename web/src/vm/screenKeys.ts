/**
 * Text becomes the keys of a US keyboard, which a guest has unless its user
 * chose another layout. The machine passes on keys, not characters.
 */

/** Stroke is one key, with its X11 keysym and its place on the keyboard. */
export interface Stroke {
  keysym: number;
  /** code as in KeyboardEvent.code. */
  code: string;
  shift: boolean;
}

const shift = { keysym: 0xffe1, code: "ShiftLeft" };

/** rows are the places of a US keyboard, without and with Shift. */
const rows: readonly (readonly [codes: readonly string[], plain: string, shifted: string])[] = [
  [
    ["Backquote", ..."1234567890".split("").map((n) => `Digit${n}`), "Minus", "Equal"],
    "`1234567890-=",
    "~!@#$%^&*()_+",
  ],
  [["BracketLeft", "BracketRight", "Backslash", "Semicolon", "Quote"], "[]\\;'", '{}|:"'],
  [["Comma", "Period", "Slash"], ",./", "<>?"],
];

const strokes = new Map<string, Stroke>([
  ["\n", { keysym: 0xff0d, code: "Enter", shift: false }],
  ["\t", { keysym: 0xff09, code: "Tab", shift: false }],
  ["\b", { keysym: 0xff08, code: "Backspace", shift: false }],
  [" ", { keysym: 0x20, code: "Space", shift: false }],
]);

function put(sign: string, code: string, shifted: boolean): void {
  strokes.set(sign, { keysym: sign.charCodeAt(0), code, shift: shifted });
}

for (const letter of "abcdefghijklmnopqrstuvwxyz") {
  put(letter, `Key${letter.toUpperCase()}`, false);
  put(letter.toUpperCase(), `Key${letter.toUpperCase()}`, true);
}
for (const [codes, plain, shifted] of rows)
  for (const [place, code] of codes.entries()) {
    put(plain.charAt(place), code, false);
    put(shifted.charAt(place), code, true);
  }

const signs = (text: string) => Array.from(text.replace(/\r\n?/g, "\n"));

/** strokesOf returns the keys that type a text, without what no key types. */
export function strokesOf(text: string): Stroke[] {
  return signs(text).flatMap((sign) => strokes.get(sign) ?? []);
}

/** untyped returns the characters of a text that no key types, each once. */
export function untyped(text: string): string {
  return [...new Set(signs(text).filter((sign) => !strokes.has(sign)))].join("");
}

type Send = (keysym: number, code: string, down: boolean) => void;

/**
 * paceMs is the time between two keys. QEMU passes on an event every 10 ms, four
 * for a key with Shift, and drops events that pile up.
 */
const paceMs = 40;

/**
 * typist returns a function that types texts, one after the other, no faster
 * than a machine takes them.
 */
export function typist(send: Send): (text: string) => Promise<void> {
  let last = Promise.resolve();
  const press = async (text: string) => {
    for (const { keysym, code, shift: shifted } of strokesOf(text)) {
      if (shifted) send(shift.keysym, shift.code, true);
      send(keysym, code, true);
      send(keysym, code, false);
      if (shifted) send(shift.keysym, shift.code, false);
      await new Promise((done) => setTimeout(done, paceMs));
    }
  };
  return (text) => {
    last = last.then(() => press(text));
    return last;
  };
}
