import { Columns3 } from "lucide-react";
import { define, useMessages } from "../i18n/messages";
import { Menu, MenuCheck } from "../ui/Menu";
import { type ColumnId, shownColumns, specs, standardColumns } from "./columns";
import { withParam } from "./filters";
import { texts } from "./texts";

const messages = define({
  en: {
    columns: "Columns",
  },
  zh: {
    columns: "列",
  },
});

/** ColumnsMenu selects columns. */
export function ColumnsMenu({
  params,
  onChange,
}: {
  params: URLSearchParams;
  onChange: (next: URLSearchParams) => void;
}) {
  const m = useMessages(messages);
  const w = useMessages(texts);
  const shown = shownColumns(params);
  const toggle = (id: ColumnId) => {
    const next = specs.map((s) => s.id).filter((other) => (other === id ? !shown.includes(id) : shown.includes(other)));
    onChange(withParam(params, "cols", next.join() === standardColumns(params).join() ? "" : next.join(",")));
  };
  return (
    <Menu
      trigger={
        <>
          <Columns3 aria-hidden="true" />
          <span className="small">{m.columns}</span>
        </>
      }
    >
      {specs.slice(1).map(({ id }) => (
        <MenuCheck key={id} checked={shown.includes(id)} onChange={() => toggle(id)}>
          {w.column[id]}
        </MenuCheck>
      ))}
    </Menu>
  );
}
