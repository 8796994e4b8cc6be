import { CircleCheck, CircleDashed, CircleDot } from "lucide-react";
import { define, useMessages } from "../i18n/messages";
import { Card } from "../ui/Layout";
import { type Known, nextStep, type StepName, steps } from "../vm/progress";
import css from "./Steps.module.css";

const messages = define({
  en: {
    title: "From rent to confirmation",
    names: {
      rent: "Rent",
      authorize: "Authorize this browser",
      create: "Create a virtual machine",
      login: "Log in and try it",
      confirm: "Confirm, or cancel",
    },
  },
  zh: {
    title: "从租用到确认",
    names: {
      rent: "租用",
      authorize: "授权本浏览器",
      create: "创建虚拟机",
      login: "登录并试用",
      confirm: "确认或取消",
    },
  },
});

/** TrialSteps shows a trial's steps, and which one is next. */
export function TrialSteps({ known }: { known: Known }) {
  const m = useMessages(messages);
  const next = steps.indexOf(nextStep(known));
  return (
    <Card title={m.title}>
      <ol className={css.steps}>
        {steps.map((name: StepName, place) => {
          const state = place < next ? "done" : place === next ? "now" : "later";
          return (
            <li key={name} className={css[state]} aria-current={state === "now" ? "step" : undefined}>
              {state === "done" && <CircleCheck aria-hidden="true" />}
              {state === "now" && <CircleDot aria-hidden="true" />}
              {state === "later" && <CircleDashed aria-hidden="true" />}
              <span>{m.names[name]}</span>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}
