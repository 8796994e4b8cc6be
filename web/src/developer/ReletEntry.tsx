import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "react";
import { useChainQuery } from "../chain/hooks";
import { msg } from "../chain/tx";
import { Query } from "../gen/dbc/rental/v1/query_pb";
import { RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { MsgReletMachineSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { transact } from "../wallet/approve";
import { EntryForm } from "./EntryForm";
import type { EntryProps } from "./GuideEntries";
import { readDays, short } from "./guide";
import { messages } from "./messages";
import { useRental } from "./RentalChoice";

/** ReletEntry is the guide's reletMachine: some days more. */
export function ReletEntry({ machineId, address, onDone }: EntryProps) {
  const m = useMessages(messages);
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
      [m.rental, name(rental)] as const,
      [m.rent, format.dbc(q.rent)] as const,
      ...(q.end ? [[m.newEnd, format.exactTime(timestampDate(q.end))] as const] : []),
    ];
  const submit = async () => {
    if (!rental || !q || !rows || !seconds) return;
    const done = await transact({
      title: m.reletTitle,
      rows: [[m.machine, short(machineId)], ...rows],
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
