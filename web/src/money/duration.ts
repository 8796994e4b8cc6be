import { typed } from "./typed";

/**
 * Durations are whole seconds; people read and type days, hours, minutes and
 * seconds.
 */

export const DAY = 86_400;
export const HOUR = 3_600;
export const MINUTE = 60;

export interface Duration {
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
}

/**
 * split divides seconds into days, hours, minutes and seconds. Negative values
 * count as 0.
 */
export function split(seconds: number): Duration {
  const left = Math.max(0, Math.floor(seconds));
  return {
    days: Math.floor(left / DAY),
    hours: Math.floor((left % DAY) / HOUR),
    minutes: Math.floor((left % HOUR) / MINUTE),
    seconds: left % MINUTE,
  };
}

const names: readonly (readonly [number, RegExp])[] = [
  [DAY, /^(d|days?|天|日)$/],
  [HOUR, /^(h|hrs?|hours?|个?小时|时)$/],
  [MINUTE, /^(m|mins?|minutes?|分钟?)$/],
  [1, /^(s|secs?|seconds?|秒钟?)$/],
];

/**
 * parseDuration parses "3d", "1d 12h", "90 min", "1天12小时" or "3" (days, as in
 * the guide) and returns seconds, or null if it is invalid. Units go from large
 * to small, each at most once. The commands accept the same, which
 * rental/testdata/durations.json holds both to.
 */
export function parseDuration(text: string): number | null {
  const plain = typed(text).trim().toLowerCase();
  if (/^\d{1,4}$/.test(plain)) return Number(plain) * DAY;
  if (!/^(\d{1,7}\s*[a-z\u4e00-\u9fff]+[\s,]*)+$/.test(plain)) return null;
  let total = 0;
  let next = 0;
  for (const [, count, unit = ""] of plain.matchAll(/(\d+)\s*([a-z\u4e00-\u9fff]+)/g)) {
    const place = names.findIndex(([, name]) => name.test(unit));
    if (place < next) return null;
    total += Number(count) * (names[place]?.[0] ?? 0);
    next = place + 1;
  }
  return total;
}

/** roundUp returns the smallest multiple of unit that is not below seconds. */
export function roundUp(seconds: number, unit: number): number {
  return Math.ceil(seconds / unit) * unit;
}
