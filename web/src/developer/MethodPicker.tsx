import type { DescMethodUnary } from "@bufbuild/protobuf";
import { define, useMessages } from "../i18n/messages";
import { SelectField } from "../ui/Field";
import css from "./Developer.module.css";
import { moduleOf } from "./descriptors";

const messages = define({
  en: {
    module: "Module",
  },
  zh: {
    module: "模块",
  },
});

/** MethodPicker selects a module, then one of its methods. */
export function MethodPicker({
  methods,
  chosen,
  label,
  nameOf,
  onChange,
}: {
  methods: readonly DescMethodUnary[];
  chosen: DescMethodUnary;
  label: string;
  nameOf: (method: DescMethodUnary) => string;
  onChange: (method: DescMethodUnary) => void;
}) {
  const m = useMessages(messages);
  const modules = [...new Set(methods.map(moduleOf))].sort(ownFirst);
  const module = moduleOf(chosen);
  const choose = (test: (method: DescMethodUnary) => boolean) => {
    const next = methods.find(test);
    if (next) onChange(next);
  };
  return (
    <div className={css.picker}>
      <SelectField
        label={m.module}
        value={module}
        onChange={(name) => choose((method) => moduleOf(method) === name)}
        choices={modules.map((name) => ({ value: name, label: name }))}
      />
      <SelectField
        label={label}
        value={`${chosen.parent.typeName}/${chosen.name}`}
        onChange={(name) => choose((method) => `${method.parent.typeName}/${method.name}` === name)}
        choices={methods
          .filter((method) => moduleOf(method) === module)
          .map((method) => ({ value: `${method.parent.typeName}/${method.name}`, label: nameOf(method) }))}
      />
    </div>
  );
}

/** ownFirst puts this chain's own modules before those of the SDK. */
export function ownFirst(a: string, b: string): number {
  const rank = (name: string) => (name === "dbc.rental" ? 0 : name.startsWith("dbc.") ? 1 : 2);
  return rank(a) - rank(b) || a.localeCompare(b);
}
