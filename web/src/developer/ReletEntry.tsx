import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "react";
import { useChainQuery } from "../chain/hooks";
import { Query } from "../gen/dbc/rental/v1/query_pb";
import { RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { MsgReletMachineSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { transact } from "../signing/approve";
import { msg } from "../signing/tx";
import { EntryForm } from "./EntryForm";
import type { EntryProps } from "./GuideEntries";
import { readDays, short } from "./guide";
import { useRental } from "./RentalChoice";
import { words } from "./words";

const messages = define({
  en: {
    addDuration: "add_duration, in days",
    newEnd: "New end",
    reletTitle: "Renew a rental",
    reletWarning:
      "The added rent is not refundable, except by leaving where the listing has an exit notice. At the end of a rental its VM is stopped.",
  },
  zh: {
    addDuration: "add_duration（天）",
    newEnd: "新的到期时间",
    reletTitle: "续租",
    reletWarning: "续租的租金不可退回，挂牌有退租通知期时的提前退租除外。租用到期后虚拟机会自动停止。",
  },
});

/** ReletEntry is the guide's reletMachine: it adds days to a rental. */
export function ReletEntry({ machineId, address, onDone }: EntryProps) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const [days, setDays] = useState("");
  const { rental, name, field } = useRental(machineId, address, RentalState.ACTIVE);
  const seconds = readDays(days);
  const asked = { rentId: rental?.id ?? 0n, machineId, durationSeconds: seconds ?? 0n };
  const quote = useChainQuery(Query.method.quote, asked, {
    enabled: rental !== undefined && seconds !== undefined,
    refetchInterval: 10_000,
  });
  const q = quote.data;
  const rows = q &&
    rental && [
      [w.rental, name(rental)] as const,
      [w.rent, format.dbc(q.rent)] as const,
      ...(q.end ? [[m.newEnd, format.exactTime(timestampDate(q.end))] as const] : []),
    ];
  const submit = async () => {
    if (!rental || !q || !rows || !seconds) return;
    const done = await transact({
      title: m.reletTitle,
      rows: [[w.machine, short(machineId)], ...rows],
      warning: m.reletWarning,
      messages: [
        msg(MsgReletMachineSchema, {
          renter: address,
          rentId: rental.id,
          addDurationSeconds: seconds,
          maxTotal: q.total,
          listingVersion: q.listingVersion,
        }),
      ],
    });
    if (done) setDays("");
    onDone(done);
  };
  return (
    <EntryForm days={days} onDays={setDays} daysLabel={m.addDuration} quote={quote} rows={rows} onSubmit={submit}>
      {field}
    </EntryForm>
  );
}
