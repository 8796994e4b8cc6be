import { useState } from "react";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { parseDuration } from "../money/duration";
import { Choices } from "../ui/Choices";
import { TextField } from "../ui/Field";
import type { Terms } from "./chain";
import { messages } from "./messages";

const presets = ["3600", "86400", "259200", "604800", "2592000"];

/** allowed tells whether the chain takes a duration. */
export function allowed(seconds: number, terms: Terms, min = terms.min): boolean {
  return seconds >= min && seconds <= terms.max && seconds % terms.unit === 0;
}

/** DurationField gives seconds that the chain takes; undefined while what is typed is none. */
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
        label={m.duration}
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
