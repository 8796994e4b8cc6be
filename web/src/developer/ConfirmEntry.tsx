import { timestampDate } from "@bufbuild/protobuf/wkt";
import { msg } from "../chain/tx";
import { RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { MsgConfirmRentSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { transact } from "../wallet/approve";
import { EntryForm } from "./EntryForm";
import type { EntryProps } from "./GuideEntries";
import { short } from "./guide";
import { messages } from "./messages";
import { useRental } from "./RentalChoice";

/** ConfirmEntry is the guide's confirmRent: from then on the rent is not refundable. */
export function ConfirmEntry({ machineId, address, onDone }: EntryProps) {
  const m = useMessages(messages);
  const format = useFormat();
  const { rental, name, field } = useRental(machineId, address, RentalState.TRIAL);
  const rows = rental && [
    [m.rental, name(rental)] as const,
    [m.rent, format.dbc(rental.paid)] as const,
    ...(rental.deadline ? [[m.deadline, format.exactTime(timestampDate(rental.deadline))] as const] : []),
    ...(rental.end ? [[m.end, format.exactTime(timestampDate(rental.end))] as const] : []),
  ];
  const submit = async () => {
    if (!rental || !rows) return;
    onDone(
      await transact({
        title: m.confirmTitle,
        rows: [[m.machine, short(machineId)], ...rows],
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
