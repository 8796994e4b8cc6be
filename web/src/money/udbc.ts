import { typed } from "./typed";

/** Money is udbc in bigint everywhere; 1 DBC is 1,000,000 udbc. */

export const DENOM = "udbc";
const UNIT = 1_000_000n;
const DECIMALS = 6;

/**
 * formatDbc formats udbc as DBC, with the language's separators and no trailing
 * zeros.
 */
export function formatDbc(udbc: bigint, locale = "en"): string {
  const sign = udbc < 0n ? "-" : "";
  const size = udbc < 0n ? -udbc : udbc;
  const whole = new Intl.NumberFormat(locale).format(size / UNIT);
  const rest = (size % UNIT).toString().padStart(DECIMALS, "0").replace(/0+$/, "");
  return `${sign}${whole}${rest && `.${rest}`} DBC`;
}

/**
 * parseDbc parses DBC as people type them, "1234.5", "1,234.5" or "１，２３４．５",
 * and returns udbc. It returns null for an invalid amount or more than six
 * decimals: nothing is rounded. "0,500" is none: whoever writes it means half a DBC, not
 * 500.
 */
export function parseDbc(text: string): bigint | null {
  const plain = typed(text)
    .trim()
    .replace(/\s*dbc$/i, "");
  const match = /^([1-9]\d{0,2}(?:,\d{3})+|\d+)?(?:\.(\d{1,6}))?$/.exec(plain);
  if (!match || (match[1] === undefined && match[2] === undefined)) return null;
  return BigInt((match[1] ?? "0").replaceAll(",", "")) * UNIT + BigInt((match[2] ?? "").padEnd(DECIMALS, "0"));
}

/**
 * perHour returns the price per hour for a price per day, rounded up, for
 * display only: rent is charged by the second.
 */
export function perHour(udbcPerDay: bigint): bigint {
  return (udbcPerDay + 23n) / 24n;
}
