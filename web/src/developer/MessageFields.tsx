import type { DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { Plus, X } from "lucide-react";
import { define, useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { FieldInput } from "./FieldInput";
import css from "./Fields.module.css";
import { keyOf, kindOf, typeName, withField } from "./fields";

const messages = define({
  en: {
    noFields: "No fields to fill in.",
    add: (field: string) => `Add to ${field}`,
    set: (field: string) => `Set ${field}`,
    remove: (field: string) => `Remove ${field}`,
    item: (field: string, n: number) => `${field} ${n}`,
  },
  zh: {
    noFields: "无需填写任何字段。",
    add: (field) => `添加 ${field}`,
    set: (field) => `填写 ${field}`,
    remove: (field) => `移除 ${field}`,
    item: (field, n) => `${field} ${n}`,
  },
});

type Change = (next: JsonValue | undefined) => void;

/** MessageFields is the form of a message: its JSON, field by field. */
export function MessageFields({
  schema,
  json,
  signers = [],
  onChange,
}: {
  schema: DescMessage;
  json: JsonObject;
  signers?: readonly string[];
  onChange: (json: JsonObject) => void;
}) {
  const m = useMessages(messages);
  if (schema.fields.length === 0) return <p className="muted">{m.noFields}</p>;
  return (
    <div className={css.fields}>
      {schema.fields.map((field) => (
        <Member
          key={field.name}
          field={field}
          value={json[keyOf(field, json)]}
          signs={signers.includes(field.name)}
          onChange={(value) => onChange(withField(json, field, value))}
        />
      ))}
    </div>
  );
}

function Member(props: { field: DescField; value: JsonValue | undefined; signs: boolean; onChange: Change }) {
  const { field, value, signs, onChange } = props;
  if (field.fieldKind === "list") return <List field={field} value={value} onChange={onChange} />;
  if (kindOf(field) === "message") return <Inner field={field} value={value} onChange={onChange} />;
  return <FieldInput field={field} label={field.name} value={value} signs={signs} onChange={onChange} />;
}

/** Inner is a message inside a message; it is absent until it is added. */
function Inner({ field, value, onChange }: { field: DescField; value: JsonValue | undefined; onChange: Change }) {
  const m = useMessages(messages);
  const name = (
    <>
      {field.name} <span className={css.type}>{typeName(field)}</span>
    </>
  );
  if (value === undefined)
    return (
      <div className={css.absent}>
        <span className={css.name}>{name}</span>
        <Button size="small" icon={<Plus aria-hidden="true" />} onClick={() => onChange({})}>
          {m.set(field.name)}
        </Button>
      </div>
    );
  return (
    <fieldset className={css.group}>
      <legend>{name}</legend>
      <MessageFields schema={field.message as DescMessage} json={asObject(value)} onChange={onChange} />
      <RemoveButton label={m.remove(field.name)} onClick={() => onChange(undefined)} />
    </fieldset>
  );
}

function List({ field, value, onChange }: { field: DescField; value: JsonValue | undefined; onChange: Change }) {
  const m = useMessages(messages);
  const items = Array.isArray(value) ? value : [];
  const put = (next: JsonValue[]) => onChange(next.length ? next : undefined);
  const deep = kindOf(field) === "message";
  return (
    <fieldset className={css.group}>
      <legend>
        {field.name} <span className={css.type}>{typeName(field)}</span>
      </legend>
      {items.map((item, i) => {
        const label = m.item(field.name, i + 1);
        const change = (next: JsonValue | undefined) => put(items.with(i, next ?? ""));
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: values have no other name, and inputs hold no state of their own
          <div key={i} className={css.item}>
            {deep ? (
              <fieldset className={css.group}>
                <legend>{label}</legend>
                <MessageFields schema={field.message as DescMessage} json={asObject(item)} onChange={change} />
              </fieldset>
            ) : (
              <FieldInput field={field} label={label} value={item} onChange={change} />
            )}
            <RemoveButton label={m.remove(label)} onClick={() => put(items.toSpliced(i, 1))} />
          </div>
        );
      })}
      <Button size="small" icon={<Plus aria-hidden="true" />} onClick={() => put([...items, deep ? {} : ""])}>
        {m.add(field.name)}
      </Button>
    </fieldset>
  );
}

function RemoveButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button size="small" variant="ghost" icon={<X aria-hidden="true" />} onClick={onClick}>
      {label}
    </Button>
  );
}

function asObject(value: JsonValue): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
