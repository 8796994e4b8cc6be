import css from "./Spinner.module.css";

/** Spinner says that something is under way; the words beside it say what. */
export function Spinner() {
  return <span className={css.spinner} aria-hidden="true" />;
}

/** Loading is a place whose content is being read. */
export function Loading({ label }: { label: string }) {
  return (
    <div className={css.loading} role="status">
      <Spinner />
      <span>{label}</span>
    </div>
  );
}
