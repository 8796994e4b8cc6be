import { useId } from "react";
import css from "./Choices.module.css";

/** Choices selects one of a few options, all of them visible. */
export function Choices<T extends string>({
  label,
  hideLabel = false,
  value,
  onChange,
  choices,
}: {
  label: string;
  /**
   * hideLabel keeps the label for screen readers only, if the page says it
   * already.
   */
  hideLabel?: boolean;
  value: T;
  onChange: (value: T) => void;
  choices: readonly { value: T; label: string; disabled?: boolean }[];
}) {
  const name = useId();
  return (
    <fieldset className={css.set}>
      <legend className={hideLabel ? "hidden" : css.legend}>{label}</legend>
      <div className={css.row}>
        {choices.map((choice) => (
          <label key={choice.value} className={css.choice}>
            <input
              type="radio"
              name={name}
              checked={choice.value === value}
              disabled={choice.disabled}
              onChange={() => onChange(choice.value)}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
