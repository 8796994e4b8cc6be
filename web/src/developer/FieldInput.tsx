import type { DescField, JsonValue } from "@bufbuild/protobuf";
import { useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { typed } from "../money/typed";
import { CheckField, SelectField, TextArea, TextField } from "../ui/Field";
import css from "./Fields.module.css";
import { inRange, kindOf, rangeOf, typeName } from "./fields";
import { parseJson, toUnits } from "./json";

const messages = define({
  en: {
    whole: (low: string, high: string) => `A whole number from ${low} to ${high}`,
    decimalHint: "a decimal: 0.05",
    bytesHint: "bytes in base64",
    timeHint: "a time: 2026-01-31T12:00:00Z",
    spanHint: "seconds: 3600s",
    jsonHint: 'JSON; an Any carries its type: {"@type": "/package.Message", …}',
    unset: "(not set)",
    signs: "signs the transaction",
  },
  zh: {
    whole: (low, high) => `请输入 ${low} 到 ${high} 的整数`,
    decimalHint: "小数：0.05",
    bytesHint: "base64 编码的字节",
    timeHint: "时间：2026-01-31T12:00:00Z",
    spanHint: "秒数：3600s",
    jsonHint: 'JSON；Any 需带类型：{"@type": "/package.Message", …}',
    unset: "（未设置）",
    signs: "交易签名者",
  },
});

/**
 * FieldInput is the input for a single value of a field. An empty input means
 * that the field is absent.
 */
export function FieldInput({
  field,
  label,
  value,
  signs = false,
  onChange,
}: {
  field: DescField;
  label: string;
  value: JsonValue | undefined;
  signs?: boolean;
  onChange: (next: JsonValue | undefined) => void;
}) {
  const m = useMessages(messages);
  const kind = kindOf(field);
  const name = (
    <>
      {label} <span className={css.type}>{typeName(field)}</span>
    </>
  );
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  const change = (next: string) => onChange(next === "" ? undefined : next);
  switch (kind) {
    case "bool":
      return <CheckField label={name} checked={value === true} onChange={(on) => onChange(on || undefined)} />;
    case "enum":
      return (
        <SelectField
          label={name}
          value={text}
          onChange={change}
          choices={[
            { value: "", label: m.unset },
            ...(field.enum?.values ?? []).map((v) => ({ value: v.name, label: v.name })),
          ]}
        />
      );
    case "json":
      return <JsonInput label={name} hint={m.jsonHint} value={value} onChange={onChange} />;
    case "integer": {
      const [low, high] = rangeOf(field) ?? [0n, 0n];
      const bad = !inRange(field, text.trim());
      return (
        <TextField
          label={name}
          value={text}
          onChange={(next) => change(typed(next).trim())}
          inputMode="numeric"
          autoComplete="off"
          error={bad && m.whole(low.toString(), high.toString())}
        />
      );
    }
    default: {
      const hints = { decimal: m.decimalHint, bytes: m.bytesHint, time: m.timeHint, span: m.spanHint };
      const hint = signs ? m.signs : kind in hints ? hints[kind as keyof typeof hints] : undefined;
      return (
        <TextField
          label={name}
          hint={hint}
          value={text}
          onChange={(next) => change(kind === "decimal" ? typed(next) : next)}
          spellCheck={false}
          autoComplete="off"
          error={kind === "decimal" && text !== "" && !isDecimalText(text) && m.decimalHint}
        />
      );
    }
  }
}

function isDecimalText(text: string): boolean {
  try {
    toUnits(text);
    return true;
  } catch {
    return false;
  }
}

/** JsonInput keeps what is typed until it is valid JSON. */
function JsonInput({
  label,
  hint,
  value,
  onChange,
}: {
  label: React.ReactNode;
  hint: string;
  value: JsonValue | undefined;
  onChange: (next: JsonValue | undefined) => void;
}) {
  const [text, setText] = useState(() => (value === undefined || value === "" ? "" : JSON.stringify(value, null, 2)));
  const [error, setError] = useState("");
  const change = (next: string) => {
    setText(next);
    try {
      onChange(next.trim() === "" ? undefined : parseJson(next));
      setError("");
    } catch (problem) {
      setError((problem as Error).message);
    }
  };
  return <TextArea label={label} hint={hint} value={text} onChange={change} spellCheck={false} error={error} />;
}
