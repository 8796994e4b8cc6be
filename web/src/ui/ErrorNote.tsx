import { RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { useLocale } from "../i18n/locale";
import { define, useMessages } from "../i18n/messages";
import { Declined, explainError } from "../node/errors";
import { Banner } from "./Banner";
import { Button } from "./Button";

const messages = define({
  en: { retry: "Try again", said: "Details" },
  zh: { retry: "重试", said: "原文（英文）" },
});

/**
 * ErrorNote says what went wrong and what to do about it. The message of a node
 * or the chain is English, and is shown separately.
 */
export function ErrorNote({ error, title, onRetry }: { error: unknown; title?: ReactNode; onRetry?: () => void }) {
  const m = useMessages(messages);
  const locale = useLocale();
  const { what, detail, remedy, said } = explainError(error, locale);
  if (error instanceof Declined) return null;
  return (
    <Banner
      tone="bad"
      title={title ?? what}
      action={
        onRetry && (
          <Button size="small" icon={<RotateCw aria-hidden="true" />} onClick={onRetry}>
            {m.retry}
          </Button>
        )
      }
    >
      {title && <p>{what}</p>}
      {detail && <p>{detail}</p>}
      {remedy && <p>{remedy}</p>}
      {said && locale === "en" && <p className="small">{said}</p>}
      {said && locale !== "en" && (
        <details className="small" lang="en">
          <summary lang="zh-CN">{m.said}</summary>
          {said}
        </details>
      )}
    </Banner>
  );
}
