import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { TextField } from "../ui/Field";
import { Facts, Row, Stack } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { readDays } from "./guide";
import { messages } from "./messages";

/** EntryForm asks for days and shows what they cost before anything is signed. */
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
  /** rows tell what it means; without them nothing can be submitted. */
  rows: readonly (readonly [string, ReactNode])[] | undefined;
  onSubmit: () => Promise<void>;
  children?: ReactNode;
}) {
  const m = useMessages(messages);
  const asking = quote !== undefined && quote.fetchStatus === "fetching" && quote.isPending;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (rows) void onSubmit();
      }}
    >
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
            {m.submit}
          </Button>
        </Row>
      </Stack>
    </form>
  );
}
