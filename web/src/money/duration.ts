import { typed } from "./typed";

/** Durations are whole seconds; people read and type days, hours, minutes and seconds. */

export const DAY = 86_400;
export const HOUR = 3_600;
export const MINUTE = 60;

export interface Duration {
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
}

/** split divides seconds into days, hours, minutes and seconds; what is negative counts as 0. */
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

/** parseDuration reads "3d", "1d 12h", "90 min", "1天12小时" or "3" (days, as in the guide) as seconds; null for what is none. */
export function parseDuration(text: string): number | null {
  const plain = typed(text).trim().toLowerCase();
  if (/^\d{1,4}$/.test(plain)) return Number(plain) * DAY;
  if (!/^(\d{1,7}\s*[a-z\u4e00-\u9fff]+[\s,]*)+$/.test(plain)) return null;
  let total = 0;
  for (const [, count, unit = ""] of plain.matchAll(/(\d+)\s*([a-z\u4e00-\u9fff]+)/g)) {
    const size = names.find(([, name]) => name.test(unit))?.[0];
    if (size === undefined) return null;
    total += Number(count) * size;
  }
  return total;
}

/** roundUp gives the next multiple of unit that is not below seconds. */
export function roundUp(seconds: number, unit: number): number {
  return Math.ceil(seconds / unit) * unit;
}
