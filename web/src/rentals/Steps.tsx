import { CircleCheck, CircleDashed, CircleX } from "lucide-react";
import { useFormat } from "../i18n/format";
import { define, useMessages, wordFor } from "../i18n/messages";
import { Spinner } from "../ui/Spinner";
import { useNow } from "../ui/useNow";
import type { Step } from "../vm/tasks";
import { words as vmWords } from "../vm/words";
import css from "./Steps.module.css";

const messages = define({
  en: {
    took: (seconds: string) => `${seconds} s`,
    since: (seconds: string) => `${seconds} s so far`,
  },
  zh: {
    took: (seconds) => `${seconds} 秒`,
    since: (seconds) => `已用 ${seconds} 秒`,
  },
});

/** Steps shows the creation of a virtual machine, each step with its time. */
export function Steps({ steps, failed }: { steps: readonly Step[]; failed: boolean }) {
  const m = useMessages(messages);
  const ofVms = useMessages(vmWords);
  const format = useFormat();
  const now = useNow();
  return (
    <ol className={css.steps} aria-live="polite">
      {steps.map((step) => {
        const done = step.took_ms !== undefined;
        const begun = Boolean(step.started) && !done;
        const state = done ? "done" : begun ? (failed ? "failed" : "now") : "later";
        const took = done
          ? (step.took_ms ?? 0) / 1_000
          : begun
            ? Math.max(0, (now - Date.parse(step.started ?? "")) / 1_000)
            : 0;
        const seconds = format.number(Math.round(took * 10) / 10);
        return (
          <li key={step.name} className={css[state]} aria-current={state === "now" ? "step" : undefined}>
            {state === "done" && <CircleCheck aria-hidden="true" />}
            {state === "now" && <Spinner />}
            {state === "failed" && <CircleX aria-hidden="true" />}
            {state === "later" && <CircleDashed aria-hidden="true" />}
            <span>{wordFor(ofVms.stepName, step.name)}</span>
            <span className="num small">{done ? m.took(seconds) : state === "now" ? m.since(seconds) : ""}</span>
          </li>
        );
      })}
    </ol>
  );
}
