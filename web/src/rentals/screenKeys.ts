/** X11 keysyms of what a phone's keyboard gives: https://www.x.org/releases/X11R7.7/doc/xproto/x11protocol.html */
const named: Record<string, number> = { "\n": 0xff0d, "\r": 0xff0d, "\t": 0xff09, "\b": 0xff08 };

/** keysymsOf are the keys that write a text. */
export function keysymsOf(text: string): number[] {
  return Array.from(text, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return named[sign] ?? (code < 0x100 ? code : 0x01000000 + code);
  });
}
