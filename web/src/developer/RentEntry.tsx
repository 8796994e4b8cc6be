import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "react";
import { useChainQuery } from "../chain/hooks";
import { msg } from "../chain/tx";
import { Query } from "../gen/dbc/rental/v1/query_pb";
import { MsgRentMachineSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { transact } from "../wallet/approve";
import { EntryForm } from "./EntryForm";
import type { EntryProps } from "./GuideEntries";
import { readDays, short } from "./guide";
import { messages } from "./messages";

/** RentEntry is the guide's rentMachine: the whole machine for some days. */
export function RentEntry({ machineId, address, onDone }: EntryProps) {
  const m = useMessages(messages);
  const format = useFormat();
  const [days, setDays] = useState("");
  const seconds = readDays(days);
  const asked = { machineId, durationSeconds: seconds ?? 0n };
  const quote = useChainQuery(Query.method.quote, asked, {
    enabled: machineId !== "" && seconds !== undefined,
    refetchInterval: 10_000,
  });
  const q = quote.data;
  const rows = q && [
    [m.slots, m.wholeMachine(format.number(q.slots.length))] as const,
    [m.rent, format.dbc(q.rent)] as const,
    [m.fee, format.dbc(q.fee)] as const,
    [m.total, format.dbc(q.total)] as const,
    ...(q.deadline ? [[m.deadline, format.exactTime(timestampDate(q.deadline))] as const] : []),
    ...(q.end ? [[m.end, format.exactTime(timestampDate(q.end))] as const] : []),
  ];
  const submit = async () => {
    if (!q || !rows || !seconds) return;
    const done = await transact({
      title: m.rentTitle,
      rows: [[m.machine, short(machineId)], ...rows],
      warning: m.rentWarning,
      messages: [
        msg(MsgRentMachineSchema, {
          renter: address,
          machineId,
          durationSeconds: seconds,
          maxTotal: q.total,
          listingVersion: q.listingVersion,
        }),
      ],
    });
    if (done) setDays("");
    onDone(done);
  };
  return <EntryForm days={days} onDays={setDays} daysLabel={m.duration} quote={quote} rows={rows} onSubmit={submit} />;
}
