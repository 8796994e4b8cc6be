import { SlidersHorizontal, X } from "lucide-react";
import { useState } from "react";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { Choices } from "../ui/Choices";
import { TextField } from "../ui/Field";
import { Card, Row, Stack } from "../ui/Layout";
import { useAddressText } from "../ui/useAddressText";
import {
  type Availability,
  availability,
  type FilterName,
  numberFilters,
  priceFilters,
  textFilters,
  withParam,
} from "./filters";
import css from "./MachinesPage.module.css";
import { messages } from "./messages";

const fields: readonly FilterName[] = [
  ...numberFilters.map((f) => f.name),
  ...priceFilters.map((f) => f.name),
  ...textFilters,
];

/** FilterBar narrows the list down. The address carries every change. */
export function FilterBar({
  params,
  invalid,
  onChange,
}: {
  params: URLSearchParams;
  invalid: readonly FilterName[];
  onChange: (next: URLSearchParams, options?: { replace: boolean }) => void;
}) {
  const m = useMessages(messages);
  const used = fields.filter((name) => params.has(name));
  const [open, setOpen] = useState(used.length > 0);
  const clear = () => {
    const next = new URLSearchParams();
    for (const kept of ["cols", "sort"]) if (params.has(kept)) next.set(kept, params.get(kept) ?? "");
    onChange(next);
  };
  return (
    <Stack gap={12}>
      <Row gap={12} className={css.filters}>
        <Choices<Availability>
          label={m.show}
          hideLabel
          value={availability(params)}
          onChange={(value) => onChange(withParam(params, "show", value === "free" ? "" : value))}
          choices={(["free", "online", "all"] as const).map((value) => ({ value, label: m.shows[value] }))}
        />
        <Button
          icon={<SlidersHorizontal aria-hidden="true" />}
          aria-expanded={open}
          aria-controls="filters"
          onClick={() => setOpen(!open)}
        >
          {m.filters}
          {used.length > 0 && ` (${used.length})`}
        </Button>
        {(used.length > 0 || params.has("gpu") || params.has("show")) && (
          <Button variant="ghost" icon={<X aria-hidden="true" />} onClick={clear}>
            {m.clear}
          </Button>
        )}
      </Row>
      {open && (
        <Card label={m.filters}>
          <div id="filters" className={css.fields}>
            {fields.map((name) => (
              <FilterField
                key={name}
                name={name}
                value={params.get(name) ?? ""}
                bad={invalid.includes(name)}
                onChange={(value) => onChange(withParam(params, name, value), { replace: true })}
              />
            ))}
          </div>
        </Card>
      )}
    </Stack>
  );
}

function FilterField({
  name,
  value,
  bad,
  onChange,
}: {
  name: FilterName;
  value: string;
  bad: boolean;
  onChange: (text: string) => void;
}) {
  const m = useMessages(messages);
  const isPrice = priceFilters.some((filter) => filter.name === name);
  return (
    <TextField
      {...useAddressText(value, onChange)}
      label={m.filter[name]}
      inputMode={(textFilters as readonly string[]).includes(name) ? "text" : "decimal"}
      maxLength={name === "country" ? 2 : 70}
      autoComplete="off"
      suffix={isPrice ? "DBC" : undefined}
      error={bad && (isPrice ? m.badPrice : m.bad)}
    />
  );
}
