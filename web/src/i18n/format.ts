import { useMemo } from "react";
import { split } from "../money/duration";
import { formatDbc } from "../money/udbc";
import { type Locale, useLocale } from "./locale";

const tags: Record<Locale, string> = { en: "en-GB", zh: "zh-CN" };
const units: Record<Locale, [string, string, string, string, string]> = {
  en: [" d", " h", " min", " s", " "],
  zh: [" 天", " 小时", " 分钟", " 秒", " "],
};

/** formatDuration formats the two greatest parts: "3 d 4 h", "12 min 5 s". */
export function formatDuration(seconds: number, locale: Locale, parts = 2): string {
  const { days, hours, minutes, seconds: rest } = split(seconds);
  const [d, h, m, s, gap] = units[locale];
  const all: [number, string][] = [
    [days, d],
    [hours, h],
    [minutes, m],
    [rest, s],
  ];
  const from = all.findIndex(([n]) => n > 0);
  if (from < 0) return `0${s}`;
  return all
    .slice(from, from + parts)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n}${unit}`)
    .join(gap);
}

/** Format formats money, times and sizes in a language. */
export type Format = ReturnType<typeof formatOf>;

/** formatOf returns the formats of a language. */
export function formatOf(locale: Locale) {
  const number = new Intl.NumberFormat(tags[locale]);
  const tenth = new Intl.NumberFormat(tags[locale], { maximumFractionDigits: 1 });
  const when = new Intl.DateTimeFormat(tags[locale], { dateStyle: "medium", timeStyle: "short" });
  const exact = new Intl.DateTimeFormat(tags[locale], { dateStyle: "medium", timeStyle: "medium" });
  const region = new Intl.DisplayNames([tags[locale]], { type: "region" });
  // Intl throws on an invalid date, and a page with it.
  const date = (format: Intl.DateTimeFormat, at: Date) => (Number.isNaN(at.getTime()) ? "–" : format.format(at));
  return {
    dbc: (udbc: bigint) => formatDbc(udbc, tags[locale]),
    number: (n: number | bigint) => number.format(n),
    duration: (seconds: number, parts?: number) => formatDuration(seconds, locale, parts),
    time: (at: Date) => date(when, at),
    exactTime: (at: Date) => date(exact, at),
    /** gib formats MiB as GiB or TiB. */
    gib: (mib: number) =>
      mib >= 1024 * 1024 ? `${tenth.format(mib / 1024 / 1024)} TiB` : `${tenth.format(mib / 1024)} GiB`,
    country: (code: string) => {
      if (!/^[A-Z]{2}$/.test(code)) return code;
      try {
        return region.of(code) ?? code;
      } catch {
        return code;
      }
    },
  };
}

/** useFormat formats money, times and sizes in the language of the page. */
export function useFormat(): Format {
  const locale = useLocale();
  return useMemo(() => formatOf(locale), [locale]);
}
