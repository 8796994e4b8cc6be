import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { define, useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { TextField } from "../ui/Field";
import { Form } from "../ui/Form";
import { Facts, Row, Stack } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { readDays } from "./guide";
import { words } from "./words";

const messages = define({
  en: {
    days: "days",
    daysBad: "A whole number of days, at least 1",
    quoting: "Asking the chain for a quote…",
  },
  zh: {
    days: "天",
    daysBad: "请输入整数天数，至少 1 天",
    quoting: "正在向链询价……",
  },
});

/** EntryForm asks for days and shows the cost before anything is signed. */
export function EntryForm({
  days,
  onDays,
  daysLabel,
  quote,
  rows,
  onSubmit,
  children,
}: {
  days?: string;
  onDays?: (text: string) => void;
  daysLabel?: string;
  quote?: UseQueryResult<unknown>;
  /** rows explain what will be signed; without them nothing can be submitted. */
  rows: readonly (readonly [string, ReactNode])[] | undefined;
  onSubmit: () => Promise<void>;
  children?: ReactNode;
}) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const asking = quote !== undefined && quote.fetchStatus === "fetching" && quote.isPending;
  return (
    <Form ready={rows !== undefined} onSubmit={onSubmit}>
      <Stack gap={14}>
        {children}
        {onDays && (
          <TextField
            label={daysLabel}
            value={days ?? ""}
            onChange={onDays}
            inputMode="numeric"
            autoComplete="off"
            suffix={m.days}
            error={days !== "" && readDays(days ?? "") === undefined && m.daysBad}
          />
        )}
        {asking && <Loading label={m.quoting} />}
        {quote?.isError && <ErrorNote error={quote.error} onRetry={() => void quote.refetch()} />}
        {rows && !quote?.isError && <Facts rows={rows} />}
        <Row>
          <Button type="submit" variant="primary" disabled={!rows || quote?.isError}>
            {w.submit}
          </Button>
        </Row>
      </Stack>
    </Form>
  );
}
