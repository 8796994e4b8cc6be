import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import css from "./Banner.module.css";

const icons = { info: Info, good: CircleCheck, warn: TriangleAlert, bad: CircleAlert };

/**
 * Banner is a notice in the page. A bad one is announced to screen readers at
 * once.
 */
export function Banner({
  tone = "info",
  title,
  action,
  children,
}: {
  tone?: keyof typeof icons;
  title?: ReactNode;
  action?: ReactNode;
  children?: ReactNode;
}) {
  const Icon = icons[tone];
  return (
    <div className={`${css.banner} ${css[tone]}`} role={tone === "bad" ? "alert" : "note"}>
      <Icon aria-hidden="true" />
      <div className={css.body}>
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
      </div>
      {action}
    </div>
  );
}
