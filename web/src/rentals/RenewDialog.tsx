import { useState } from "react";
import { useChainQuery } from "../chain/hooks";
import { Query } from "../gen/dbc/rental/v1/query_pb";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { MsgReletMachineSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { ms, type Terms } from "../rental/chain";
import { transact } from "../signing/approve";
import { msg } from "../signing/tx";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ErrorNote } from "../ui/ErrorNote";
import { Facts, Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { useBalance } from "../wallet/bank";
import { allowed, DurationField } from "./DurationField";
import { words } from "./words";

const messages = define({
  en: {
    renewTitle: "Renew the rental",
    renewEnd: "New end",
    renewed: "Renewed",
  },
  zh: {
    renewTitle: "续租",
    renewEnd: "新的到期时间",
    renewed: "续租成功",
  },
});

/**
 * RenewDialog quotes additional time, up to the limit in terms, then asks to
 * sign.
 */
export function RenewDialog({ rental, terms, onClose }: { rental: Rental; terms: Terms; onClose: () => void }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const balance = useBalance(rental.renter);
  const [chosen, setChosen] = useState<number | undefined | "first">("first");
  const first = [86_400, 3_600].find((s) => allowed(s, terms, terms.unit));
  const seconds = chosen === "first" ? first : chosen;
  const quote = useChainQuery(
    Query.method.quote,
    { rentId: rental.id, durationSeconds: BigInt(seconds ?? 0) },
    { enabled: seconds !== undefined, refetchInterval: 10_000 },
  );
  const q = seconds === undefined ? undefined : quote.data;
  const poor = q !== undefined && balance !== undefined && balance < q.total;
  const submit = async () => {
    if (!q || seconds === undefined) return;
    onClose();
    const done = await transact({
      title: m.renewTitle,
      rows: [
        [w.duration, format.duration(seconds, 3)],
        [w.total, <strong key="total">{format.dbc(q.total)}</strong>],
        [m.renewEnd, format.time(new Date(ms(q.end)))],
      ],
      messages: [
        msg(MsgReletMachineSchema, {
          renter: rental.renter,
          rentId: rental.id,
          addDurationSeconds: BigInt(seconds),
          maxTotal: q.total,
          listingVersion: q.listingVersion,
        }),
      ],
    });
    if (done) toast(m.renewed);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={m.renewTitle}
      footer={
        <Button variant="primary" disabled={!q || quote.isError || poor} onClick={() => void submit()}>
          {w.renew}
        </Button>
      }
    >
      <Stack>
        <DurationField terms={terms} min={terms.unit} value={seconds} onChange={setChosen} />
        {quote.isError && <ErrorNote error={quote.error} />}
        {q && !quote.isError && (
          <Facts
            wide
            rows={[
              [w.total, <strong key="total">{format.dbc(q.total)}</strong>],
              [m.renewEnd, format.time(new Date(ms(q.end)))],
            ]}
          />
        )}
        {poor && balance !== undefined && <Banner tone="warn">{w.poor(format.dbc(balance))}</Banner>}
      </Stack>
    </Dialog>
  );
}
