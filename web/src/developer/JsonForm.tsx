import type { DescMessage, JsonObject, Registry } from "@bufbuild/protobuf";
import { useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { Choices } from "../ui/Choices";
import { TextArea } from "../ui/Field";
import { Stack } from "../ui/Layout";
import { parseJson, toMessage } from "./json";
import { MessageFields } from "./MessageFields";

const messages = define({
  en: {
    view: "View",
    form: "Form",
    json: "JSON",
  },
  zh: {
    view: "视图",
    form: "表单",
    json: "JSON",
  },
});

export type View = "form" | "json";

/**
 * Draft is a message being edited: its JSON, or text that is not valid JSON
 * yet.
 */
export interface Draft {
  json: JsonObject;
  /** text is the content of the JSON view while it is not an object. */
  text?: string;
}

/** problemOf says why a draft is not a valid message yet, or "" if it is. */
export function problemOf(schema: DescMessage, { json, text }: Draft, registry: Registry): string {
  try {
    toMessage(schema, text === undefined ? json : parseJson(text), registry);
    return "";
  } catch (problem) {
    return (problem as Error).message;
  }
}

/** JsonForm edits a draft as a form or as JSON; both are views of the same. */
export function JsonForm({
  schema,
  draft,
  signers = [],
  onChange,
}: {
  schema: DescMessage;
  draft: Draft;
  signers?: readonly string[];
  onChange: (draft: Draft) => void;
}) {
  const m = useMessages(messages);
  const [view, setView] = useState<View>("form");
  const write = (text: string) => {
    try {
      onChange({ json: parseJson(text), text });
    } catch {
      onChange({ ...draft, text });
    }
  };
  return (
    <Stack>
      <Choices<View>
        label={m.view}
        value={view}
        onChange={(next) => {
          setView(next);
          // Invalid JSON cannot be shown as a form: the last valid one stays.
          onChange({ json: draft.json });
        }}
        choices={[
          { value: "form", label: m.form },
          { value: "json", label: m.json },
        ]}
      />
      {view === "form" ? (
        <MessageFields
          key={schema.typeName}
          schema={schema}
          json={draft.json}
          signers={signers}
          onChange={(json) => onChange({ json })}
        />
      ) : (
        <TextArea
          label={schema.typeName}
          value={draft.text ?? JSON.stringify(draft.json, null, 2)}
          onChange={write}
          rows={12}
          spellCheck={false}
          className="mono"
        />
      )}
    </Stack>
  );
}
