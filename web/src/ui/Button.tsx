import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Link, type LinkProps } from "react-router";
import css from "./Button.module.css";
import { Spinner } from "./Spinner";

interface Look {
  variant?: "primary" | "secondary" | "ghost" | "danger";
  size?: "normal" | "small";
  icon?: ReactNode;
}

function look({ variant = "secondary", size = "normal" }: Look, more = ""): string {
  return `${css.button} ${css[variant]} ${size === "small" ? css.small : ""} ${more}`;
}

/** Button acts. While busy it ignores clicks and says so. */
export function Button({
  variant,
  size,
  icon,
  busy = false,
  disabled,
  children,
  className,
  ...rest
}: Look & { busy?: boolean } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button
      type="button"
      {...rest}
      className={look({ ...(variant && { variant }), ...(size && { size }) }, className)}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
    >
      {busy ? <Spinner /> : icon}
      {children}
    </button>
  );
}

/** LinkButton is a link that looks like a button. */
export function LinkButton({ variant, size, icon, children, className, ...rest }: Look & LinkProps) {
  return (
    <Link {...rest} className={look({ ...(variant && { variant }), ...(size && { size }) }, className)}>
      {icon}
      {children}
    </Link>
  );
}
