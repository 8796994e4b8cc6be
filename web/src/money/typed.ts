/**
 * typed normalizes text from a Chinese or Japanese input method: full-width
 * digits, letters, signs and spaces, and the ideographic comma and full stop,
 * become ASCII.
 */
export function typed(text: string): string {
  return text
    .replace(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
    .replaceAll("\u3000", " ")
    .replaceAll("、", ",")
    .replaceAll("。", ".");
}
