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

const sizes: Record<string, number> = { d: DAY, h: HOUR, m: MINUTE, s: 1 };

/** parseDuration reads "3d", "1d 12h", "90m" or "3" (days, as in the guide) as seconds; null for what is none. */
export function parseDuration(text: string): number | null {
  const plain = text.trim().toLowerCase();
  if (/^\d{1,4}$/.test(plain)) return Number(plain) * DAY;
  if (!/^(\d{1,7}[dhms]\s*)+$/.test(plain)) return null;
  let total = 0;
  for (const [, count, unit] of plain.matchAll(/(\d+)([dhms])/g)) total += Number(count) * (sizes[unit as string] ?? 0);
  return total;
}

/** roundUp gives the next multiple of unit that is not below seconds. */
export function roundUp(seconds: number, unit: number): number {
  return Math.ceil(seconds / unit) * unit;
}
