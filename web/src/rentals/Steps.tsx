import { CircleCheck, CircleDashed, CircleX } from "lucide-react";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { Spinner } from "../ui/Spinner";
import { useNow } from "../ui/useNow";
import { messages } from "./messages";
import css from "./Steps.module.css";
import type { Step } from "./tasks";

/** Steps shows how a virtual machine is being made, each step with its time. */
export function Steps({ steps, failed }: { steps: readonly Step[]; failed: boolean }) {
  const m = useMessages(messages);
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
            <span>{m.stepName[step.name] ?? step.name}</span>
            <span className="num small">{done ? m.took(seconds) : state === "now" ? m.since(seconds) : ""}</span>
          </li>
        );
      })}
    </ol>
  );
}
