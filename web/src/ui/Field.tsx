import { Field as Base } from "@base-ui/react/field";
import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, type ReactNode, useId, useState } from "react";
import { define, useMessages } from "../i18n/messages";
import css from "./Field.module.css";

const messages = define({
  en: { show: "Show password", hide: "Hide password" },
  zh: { show: "显示密码", hide: "隐藏密码" },
});

interface About {
  label: ReactNode;
  hint?: ReactNode;
  /** error says what is wrong and what to do; its presence marks the field. */
  error?: ReactNode;
}

function Around({ label, hint, error, children }: About & { children: ReactNode }) {
  return (
    <Base.Root className={css.field} invalid={Boolean(error)}>
      <Base.Label className={css.label}>{label}</Base.Label>
      {children}
      {error ? (
        <Base.Error className={css.error} match>
          {error}
        </Base.Error>
      ) : (
        hint && <Base.Description className={css.hint}>{hint}</Base.Description>
      )}
    </Base.Root>
  );
}

type Input = Omit<ComponentProps<"input">, "onChange" | "value" | "ref"> & {
  value: string;
  onChange: (value: string) => void;
};

/** TextField is one line of text. */
export function TextField({
  label,
  hint,
  error,
  onChange,
  suffix,
  className = "",
  ...rest
}: About & Input & { suffix?: ReactNode }) {
  return (
    <Around label={label} hint={hint} error={error}>
      <span className={css.box}>
        <Base.Control
          {...rest}
          className={`${css.input} ${className}`}
          onChange={(e) => onChange(e.currentTarget.value)}
        />
        {suffix && <span className={css.suffix}>{suffix}</span>}
      </span>
    </Around>
  );
}

/** PasswordField hides what is typed, unless told to show it. */
export function PasswordField(props: About & Input) {
  const m = useMessages(messages);
  const [shown, setShown] = useState(false);
  return (
    <TextField
      spellCheck={false}
      {...props}
      type={shown ? "text" : "password"}
      suffix={
        <button type="button" className={css.eye} onClick={() => setShown(!shown)} aria-label={shown ? m.hide : m.show}>
          {shown ? <EyeOff aria-hidden="true" /> : <Eye aria-hidden="true" />}
        </button>
      }
    />
  );
}

/** TextArea is text of several lines. */
export function TextArea({
  label,
  hint,
  error,
  value,
  onChange,
  ...rest
}: About &
  Omit<ComponentProps<"textarea">, "onChange" | "value"> & { value: string; onChange: (value: string) => void }) {
  return (
    <Around label={label} hint={hint} error={error}>
      <Base.Control
        className={css.input}
        value={value}
        onChange={(e) => onChange(e.currentTarget.value)}
        render={(props) => <textarea rows={4} {...rest} {...(props as ComponentProps<"textarea">)} />}
      />
    </Around>
  );
}

export interface Choice {
  value: string;
  label: string;
}

/**
 * SelectField selects one of several options with the browser's own list, which
 * phones and screen readers support best.
 */
export function SelectField({
  label,
  hint,
  error,
  value,
  onChange,
  choices,
  ...rest
}: About &
  Omit<ComponentProps<"select">, "onChange" | "value"> & {
    value: string;
    onChange: (value: string) => void;
    choices: readonly Choice[];
  }) {
  return (
    <Around label={label} hint={hint} error={error}>
      <Base.Control
        className={`${css.input} ${css.select}`}
        value={value}
        onChange={(e) => onChange(e.currentTarget.value)}
        render={(props) => (
          <select {...rest} {...(props as ComponentProps<"select">)}>
            {choices.map((choice) => (
              <option key={choice.value} value={choice.value}>
                {choice.label}
              </option>
            ))}
          </select>
        )}
      />
    </Around>
  );
}

/** CheckField is a checkbox. */
export function CheckField({
  label,
  checked,
  onChange,
  disabled,
}: {
  label: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div className={css.check}>
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(e) => onChange(e.currentTarget.checked)}
      />
      <label htmlFor={id}>{label}</label>
    </div>
  );
}
