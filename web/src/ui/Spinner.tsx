import css from "./Spinner.module.css";

/** Spinner shows that something is in progress; the text next to it says what. */
export function Spinner() {
  return <span className={css.spinner} aria-hidden="true" />;
}

/** Loading is shown while content is loading. */
export function Loading({ label }: { label: string }) {
  return (
    <div className={css.loading} role="status">
      <Spinner />
      <span>{label}</span>
    </div>
  );
}
