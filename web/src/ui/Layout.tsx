import type { CSSProperties, ReactNode } from "react";
import css from "./Layout.module.css";
import { useTitle } from "./useTitle";

/** Stack arranges items vertically with one gap, in px. */
export function Stack({
  gap = 16,
  children,
  className = "",
}: {
  gap?: number;
  children: ReactNode;
  className?: string;
}) {
  return (
    <div className={`${css.stack} ${className}`} style={{ "--stack-gap": `${gap}px` } as CSSProperties}>
      {children}
    </div>
  );
}

/** Row arranges items horizontally and lets them wrap. */
export function Row({
  gap = 10,
  spread = false,
  children,
  className = "",
}: {
  gap?: number;
  spread?: boolean;
  children: ReactNode;
  className?: string;
}) {
  return (
    <div
      className={`${css.row} ${spread ? css.spread : ""} ${className}`}
      style={{ "--row-gap": `${gap}px` } as CSSProperties}
    >
      {children}
    </div>
  );
}

/**
 * Columns is a main part with a narrower one next to it, or below it on a
 * phone. urgent is at the top of the narrow one, and on a phone of everything.
 */
export function Columns({ children, side, urgent }: { children: ReactNode; side: ReactNode; urgent?: ReactNode }) {
  return (
    <div className={`${css.columns} ${urgent ? css.withUrgent : ""}`}>
      {urgent && <Stack>{urgent}</Stack>}
      <Stack>{children}</Stack>
      <Stack>{side}</Stack>
    </div>
  );
}

/** Page is a page's heading with its actions, then its content. */
export function Page({
  title,
  lead,
  actions,
  before,
  children,
}: {
  title: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  before?: ReactNode;
  children: ReactNode;
}) {
  useTitle(typeof title === "string" ? title : "");
  return (
    <div className={css.page}>
      {before}
      <header className={css.heading}>
        <div>
          <h1>{title}</h1>
          {lead && <p className={css.lead}>{lead}</p>}
        </div>
        {actions && <Row>{actions}</Row>}
      </header>
      {children}
    </div>
  );
}

/** Card is a titled surface. */
export function Card({
  title,
  actions,
  children,
  flush = false,
  label,
}: {
  title?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
  /** flush lets the content, such as a table, reach the edges. */
  flush?: boolean;
  /** label names a card without a title for screen readers. */
  label?: string;
}) {
  return (
    <section className={css.card} aria-label={label}>
      {title && (
        <div className={css.cardHead}>
          <h2>{title}</h2>
          {actions && <Row gap={6}>{actions}</Row>}
        </div>
      )}
      {children !== undefined && <div className={flush ? css.flush : css.cardBody}>{children}</div>}
    </section>
  );
}

/** Facts is a list of names and values. */
export function Facts({
  rows,
  wide = false,
}: {
  rows: readonly (readonly [string, ReactNode] | false | undefined | null)[];
  wide?: boolean;
}) {
  return (
    <dl className={`${css.facts} ${wide ? css.factsWide : ""}`}>
      {rows.map(
        (row) =>
          row && (
            <div key={row[0]}>
              <dt>{row[0]}</dt>
              <dd>{row[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
