import type { ReactNode } from "react";
import css from "./Table.module.css";
import { useMedia } from "./useMedia";

export interface Column<T> {
  name: string;
  right?: boolean;
  cell: (row: T) => ReactNode;
}

interface Props<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
}

/**
 * Table shows short lists, on a phone each row as a list of names and values;
 * the list of machines has its own table.
 */
export function Table<T>(props: Props<T>) {
  return useMedia("(max-width: 760px)") ? <Stacked {...props} /> : <Wide {...props} />;
}

function Stacked<T>({ label, columns, rows, rowKey }: Props<T>) {
  return (
    <ul className={css.stacked} aria-label={label}>
      {rows.map((row) => (
        <li key={rowKey(row)}>
          <dl>
            {columns.map((column) => {
              const cell = column.cell(row);
              return (
                cell !== false && (
                  <div key={column.name}>
                    <dt>{column.name}</dt>
                    <dd>{cell}</dd>
                  </div>
                )
              );
            })}
          </dl>
        </li>
      ))}
    </ul>
  );
}

function Wide<T>({ label, columns, rows, rowKey }: Props<T>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reachable by keyboard
    <section className={css.scroll} aria-label={label} tabIndex={0}>
      <table className={css.table}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={column.right ? css.right : ""}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td key={column.name} className={column.right ? css.right : ""}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
