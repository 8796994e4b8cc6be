import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "react";
import { useChainQuery } from "../chain/hooks";
import { Query } from "../gen/dbc/rental/v1/query_pb";
import { MsgRentMachineSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { transact } from "../signing/approve";
import { msg } from "../signing/tx";
import { EntryForm } from "./EntryForm";
import type { EntryProps } from "./GuideEntries";
import { readDays, short } from "./guide";
import { words } from "./words";

const messages = define({
  en: {
    duration: "duration, in days",
    fee: "Fee, returned only if the machine fails",
    total: "Total",
    slots: "Slots",
    wholeMachine: (n: string) => `the whole machine (${n})`,
    rentTitle: "Rent a machine",
    rentWarning:
      "Until the deadline you can cancel and the rent comes back; the fee doesn't. Unconfirmed at the deadline, the rental ends by itself.",
  },
  zh: {
    duration: "duration（天）",
    fee: "手续费（仅因机器故障退还）",
    total: "合计",
    slots: "卡位",
    wholeMachine: (n) => `整机（${n}）`,
    rentTitle: "租用机器",
    rentWarning: "截止前可以取消，租金会退回，但手续费不退。到截止时间仍未确认，租用自动结束。",
  },
});

/** RentEntry is the guide's rentMachine: the whole machine for some days. */
export function RentEntry({ machineId, address, onDone }: EntryProps) {
  const m = useMessages(messages);
  const w = useMessages(words);
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
    [w.rent, format.dbc(q.rent)] as const,
    [m.fee, format.dbc(q.fee)] as const,
    [m.total, format.dbc(q.total)] as const,
    ...(q.deadline ? [[w.deadline, format.exactTime(timestampDate(q.deadline))] as const] : []),
    ...(q.end ? [[w.end, format.exactTime(timestampDate(q.end))] as const] : []),
  ];
  const submit = async () => {
    if (!q || !rows || !seconds) return;
    const done = await transact({
      title: m.rentTitle,
      rows: [[w.machine, short(machineId)], ...rows],
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
