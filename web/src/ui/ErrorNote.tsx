import { RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { useLocale } from "../i18n/locale";
import { define, useMessages } from "../i18n/messages";
import { explainError } from "../node/errors";
import { Declined } from "../session/wallet";
import { Banner } from "./Banner";
import { Button } from "./Button";

const messages = define({ en: { retry: "Try again" }, zh: { retry: "重试" } });

/** ErrorNote says what went wrong and what to do about it. */
export function ErrorNote({ error, title, onRetry }: { error: unknown; title?: ReactNode; onRetry?: () => void }) {
  const m = useMessages(messages);
  const { what, remedy } = explainError(error, useLocale());
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
      {remedy && <p>{remedy}</p>}
    </Banner>
  );
}
