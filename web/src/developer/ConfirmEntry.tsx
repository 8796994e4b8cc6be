import { timestampDate } from "@bufbuild/protobuf/wkt";
import { RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { MsgConfirmRentSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { transact } from "../signing/approve";
import { msg } from "../signing/tx";
import { EntryForm } from "./EntryForm";
import type { EntryProps } from "./GuideEntries";
import { short } from "./guide";
import { useRental } from "./RentalChoice";
import { words } from "./words";

const messages = define({
  en: {
    confirmTitle: "Confirm a rental",
    confirmWarning:
      "Once confirmed, the rent is not refundable, except by leaving where the listing has an exit notice. Confirm only after your VM has started and you have logged in.",
  },
  zh: {
    confirmTitle: "确认租用",
    confirmWarning: "确认后租金不可退回，挂牌有退租通知期时的提前退租除外。请在虚拟机已启动且能够登录之后再确认。",
  },
});

/** ConfirmEntry is the guide's confirmRent: from then on the rent is not refundable. */
export function ConfirmEntry({ machineId, address, onDone }: EntryProps) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const { rental, name, field } = useRental(machineId, address, RentalState.TRIAL);
  const rows = rental && [
    [w.rental, name(rental)] as const,
    [w.rent, format.dbc(rental.paid)] as const,
    ...(rental.deadline ? [[w.deadline, format.exactTime(timestampDate(rental.deadline))] as const] : []),
    ...(rental.end ? [[w.end, format.exactTime(timestampDate(rental.end))] as const] : []),
  ];
  const submit = async () => {
    if (!rental || !rows) return;
    onDone(
      await transact({
        title: m.confirmTitle,
        rows: [[w.machine, short(machineId)], ...rows],
        warning: m.confirmWarning,
        messages: [msg(MsgConfirmRentSchema, { renter: address, rentId: rental.id })],
      }),
    );
  };
  return (
    <EntryForm rows={rows} onSubmit={submit}>
      {field}
    </EntryForm>
  );
}
