import { useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type CSSProperties, useCallback, useEffect, useMemo, useRef } from "react";
import { useNavigate } from "react-router";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import type { Machine } from "../machine/api";
import { type ColumnId, columnsOf, features, gridOf, specs } from "./columns";
import { order, withParam } from "./filters";
import css from "./MachineTable.module.css";
import { texts } from "./texts";

const messages = define({
  en: {
    sortBy: (column: string) => `Sort by ${column}`,
  },
  zh: {
    sortBy: (column) => `按${column}排序`,
  },
});

const rowHeight = 49;
/**
 * ahead: the next page is requested this many rows before the last one is
 * visible.
 */
const ahead = 30;

export interface MachineList {
  machines: Machine[];
  total: number;
  hasMore: boolean;
  readMore: () => void;
  /** dim: the rows belong to an earlier query. */
  dim: boolean;
}

/** MachineTable renders only the visible rows, however many there are. */
export function MachineTable({
  machines,
  total,
  hasMore,
  readMore,
  dim,
  shown,
  params,
  onSort,
}: MachineList & { shown: readonly ColumnId[]; params: URLSearchParams; onSort: (next: URLSearchParams) => void }) {
  const w = useMessages(texts);
  const format = useFormat();
  const navigate = useNavigate();
  const scroller = useRef<HTMLDivElement>(null);
  const columns = useMemo(() => columnsOf(w, format), [w, format]);
  const visible = useMemo(() => Object.fromEntries(specs.map(({ id }) => [id, shown.includes(id)])), [shown]);
  const table = useTable({
    features,
    columns,
    data: machines,
    getRowId: (machine) => machine.machine_id,
    state: { columnVisibility: visible },
  });
  const rows = table.getRowModel().rows;
  // A new function would make the virtualizer measure all rows again, at each
  // step of the wheel.
  const keyOf = useCallback((place: number) => rows[place]?.id ?? place, [rows]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: keyOf,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= rows.length - ahead) readMore();
  }, [last, rows.length, hasMore, readMore]);
  const grid = gridOf(shown) as CSSProperties;
  const height = { "--height": `${virtual.getTotalSize()}px` } as CSSProperties;
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows that are placed one by one can't be a table's own
    <div
      ref={scroller}
      className={css.scroller}
      role="table"
      aria-label={w.title}
      aria-rowcount={total + 1}
      aria-busy={dim}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      style={grid}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div role="rowgroup" className={css.head}>
        {table.getHeaderGroups().map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: see above
          // biome-ignore lint/a11y/useFocusableInteractive: what is in it has the focus
          <div key={group.id} role="row" className={css.row} aria-rowindex={1}>
            {group.headers.map((header) => (
              <Head key={header.id} id={header.id as ColumnId} params={params} onSort={onSort} />
            ))}
          </div>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div role="rowgroup" className={`${css.body} ${dim ? css.dim : ""}`} style={height}>
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            // The link in the first cell is for keyboards; a click anywhere on the row helps a mouse.
            // biome-ignore lint/a11y/useSemanticElements: see above
            // biome-ignore lint/a11y/useFocusableInteractive: see above
            // biome-ignore lint/a11y/useKeyWithClickEvents: see above
            <div
              key={row.id}
              role="row"
              aria-rowindex={item.index + 2}
              className={`${css.row} ${css.line}`}
              style={{ "--top": `${item.start}px` } as CSSProperties}
              onClick={(event) => {
                if (!(event.target as HTMLElement).closest("a, button")) void navigate(`/machines/${row.id}`);
              }}
            >
              {row.getVisibleCells().map((cell) => (
                // biome-ignore lint/a11y/useSemanticElements: see above
                <div key={cell.id} role="cell" className={right(cell.column.id) ? css.right : ""}>
                  <table.FlexRender cell={cell} />
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function right(id: string): boolean {
  return specs.some((s) => s.id === id && s.right);
}

function Head({
  id,
  params,
  onSort,
}: {
  id: ColumnId;
  params: URLSearchParams;
  onSort: (next: URLSearchParams) => void;
}) {
  const m = useMessages(messages);
  const w = useMessages(texts);
  const sort = specs.find((s) => s.id === id)?.sort;
  const now = order(params);
  const sorted = sort && (now === sort ? "ascending" : now === `-${sort}` ? "descending" : undefined);
  const next = now === sort ? `-${sort}` : (sort ?? "");
  const Arrow = sorted === "descending" ? ArrowDown : ArrowUp;
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows that are placed one by one can't be a table's own
    // biome-ignore lint/a11y/useFocusableInteractive: the button in it is
    <div role="columnheader" aria-sort={sorted || undefined} className={right(id) ? css.right : ""}>
      {sort ? (
        <button
          type="button"
          className={css.sort}
          title={m.sortBy(w.column[id])}
          onClick={() => onSort(withParam(params, "sort", next === "price_per_day" ? "" : next))}
        >
          {w.column[id]}
          {sorted && <Arrow aria-hidden="true" />}
        </button>
      ) : (
        w.column[id]
      )}
    </div>
  );
}
