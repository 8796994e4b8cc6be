import { SlidersHorizontal, X } from "lucide-react";
import { useState } from "react";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { Choices } from "../ui/Choices";
import { TextField } from "../ui/Field";
import { Card, Row, Stack } from "../ui/Layout";
import { type Availability, availability, type FilterName, numberFilters, textFilters, withParam } from "./filters";
import css from "./MachinesPage.module.css";
import { messages } from "./messages";

const fields: readonly FilterName[] = [...numberFilters.map((f) => f.name), "price", ...textFilters];

/** FilterBar narrows the list down. Every change is in the address at once. */
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
              <TextField
                key={name}
                label={m.filter[name]}
                value={params.get(name) ?? ""}
                onChange={(value) => onChange(withParam(params, name, value), { replace: true })}
                inputMode={(textFilters as readonly string[]).includes(name) ? "text" : "decimal"}
                maxLength={name === "country" ? 2 : 70}
                autoComplete="off"
                suffix={name === "price" ? "DBC" : undefined}
                error={invalid.includes(name) && (name === "price" ? m.badPrice : m.bad)}
              />
            ))}
          </div>
        </Card>
      )}
    </Stack>
  );
}
