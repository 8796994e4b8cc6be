import { useState } from "react";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { parseDuration } from "../money/duration";
import type { Terms } from "../rental/chain";
import { Choices } from "../ui/Choices";
import { TextField } from "../ui/Field";
import { words } from "./words";

const messages = define({
  en: {
    presets: {
      "3600": "1 hour",
      "86400": "1 day",
      "259200": "3 days",
      "604800": "7 days",
      "2592000": "30 days",
    } as Record<string, string>,
    custom: "Other",
    customLabel: "Duration",
    customHint: (unit: string, min: string, max: string) =>
      `Like 3d, 12h or 90m, in steps of ${unit}; ${min} to ${max}.`,
    customBad: (unit: string, min: string, max: string) =>
      `Write it like 3d, 12h or 90m: steps of ${unit}, from ${min} to ${max}.`,
  },
  zh: {
    presets: { "3600": "1 小时", "86400": "1 天", "259200": "3 天", "604800": "7 天", "2592000": "30 天" },
    custom: "其他",
    customLabel: "时长",
    customHint: (unit, min, max) => `如 3d、12h 或 90m，以 ${unit} 为单位；${min} 至 ${max}。`,
    customBad: (unit, min, max) => `请写成 3d、12h 或 90m：以 ${unit} 为单位，从 ${min} 到 ${max}。`,
  },
});

const presets = ["3600", "86400", "259200", "604800", "2592000"];

/** allowed reports whether the chain accepts a duration. */
export function allowed(seconds: number, terms: Terms, min = terms.min): boolean {
  return seconds >= min && seconds <= terms.max && seconds % terms.unit === 0;
}

/**
 * DurationField returns seconds that the chain accepts, or undefined while the
 * input is invalid.
 */
export function DurationField({
  terms,
  min = terms.min,
  value,
  onChange,
}: {
  terms: Terms;
  min?: number;
  value: number | undefined;
  onChange: (seconds: number | undefined) => void;
}) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const offered = presets.filter((s) => allowed(Number(s), terms, min));
  const [own, setOwn] = useState(!offered.includes(String(value)));
  const [text, setText] = useState("");
  const limits = [format.duration(terms.unit), format.duration(min), format.duration(terms.max)] as const;
  const choose = (choice: string) => {
    setOwn(choice === "own");
    onChange(choice === "own" ? read(text) : Number(choice));
  };
  const read = (typed: string) => {
    const seconds = parseDuration(typed);
    return seconds !== null && allowed(seconds, terms, min) ? seconds : undefined;
  };
  return (
    <>
      <Choices
        label={w.duration}
        value={own ? "own" : String(value)}
        onChange={choose}
        choices={[...offered.map((s) => ({ value: s, label: m.presets[s] ?? s })), { value: "own", label: m.custom }]}
      />
      {own && (
        <TextField
          label={m.customLabel}
          value={text}
          onChange={(typed) => {
            setText(typed);
            onChange(read(typed));
          }}
          placeholder="3d"
          autoComplete="off"
          hint={m.customHint(...limits)}
          error={text !== "" && read(text) === undefined && m.customBad(...limits)}
        />
      )}
    </>
  );
}
