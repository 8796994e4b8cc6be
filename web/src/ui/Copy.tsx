import { Check, Copy as CopyIcon } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { define, useMessages } from "../i18n/messages";
import css from "./Copy.module.css";

const messages = define({
  en: { copy: (what: string) => `Copy ${what}`, copied: "Copied" },
  zh: { copy: (what) => `复制${what}`, copied: "已复制" },
});

/** CopyButton copies text to the clipboard. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const m = useMessages(messages);
  const [done, setDone] = useState(false);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setDone(false), 1_500);
  };
  return (
    <button type="button" className={css.button} onClick={copy} aria-label={done ? m.copied : m.copy(what)}>
      {done ? <Check aria-hidden="true" /> : <CopyIcon aria-hidden="true" />}
    </button>
  );
}

/** Hash shows the ends of an id that is too long to read, and copies all of it. */
export function Hash({ text, what, head = 8, tail = 6 }: { text: string; what: string; head?: number; tail?: number }) {
  const short = text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
  return (
    <span className={css.hash}>
      <span className="mono" title={text}>
        {short}
      </span>
      <CopyButton text={text} what={what} />
    </span>
  );
}

/** Command is a line to copy into a terminal. */
export function Command({ text, what }: { text: string; what: string }) {
  return (
    <div className={css.command}>
      <code>{text}</code>
      <CopyButton text={text} what={what} />
    </div>
  );
}
