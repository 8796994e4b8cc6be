import { useState } from "react";
import { msg } from "../chain/tx";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { Cause } from "../gen/dbc/rental/v1/rental_pb";
import { MsgCancelRentSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { Choices } from "../ui/Choices";
import { Dialog } from "../ui/Dialog";
import { Facts, Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { transact } from "../wallet/approve";
import { messages } from "./messages";

const offered = [Cause.CHANGED_MIND, Cause.NOT_READY, Cause.UNREACHABLE, Cause.MISMATCH] as const;

/** CancelDialog asks why a trial is cancelled, tells whose the fee is then, and asks to sign. */
export function CancelDialog({ rental, likely, onClose }: { rental: Rental; likely: Cause; onClose: () => void }) {
  const m = useMessages(messages);
  const format = useFormat();
  const [cause, setCause] = useState(likely);
  const half = rental.fee / 2n;
  const fee =
    cause === Cause.CHANGED_MIND
      ? m.feeShared(format.dbc(half), format.dbc(rental.fee - half))
      : m.feeKept(format.dbc(rental.fee));
  const submit = async () => {
    onClose();
    const done = await transact({
      title: m.cancelTitle,
      rows: [
        [m.cancelRow, format.dbc(rental.paid)],
        [m.cancelFee, fee],
        [m.cancelWhy, m.causes[cause]],
      ],
      warning: m.cancelWarning,
      messages: [msg(MsgCancelRentSchema, { renter: rental.renter, rentId: rental.id, machineId: "", cause })],
    });
    if (done) toast(m.cancelled(format.dbc(rental.paid)));
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={m.cancelTitle}
      footer={
        <Button variant="primary" onClick={() => void submit()}>
          {m.cancel}
        </Button>
      }
    >
      <Stack>
        <Choices
          label={m.cancelWhy}
          value={String(cause)}
          onChange={(value) => setCause(Number(value))}
          choices={offered.map((c) => ({ value: String(c), label: m.causes[c] }))}
        />
        <p className="small muted">{m.cancelWord}</p>
        <Facts
          wide
          rows={[
            [m.cancelRow, format.dbc(rental.paid)],
            [m.cancelFee, fee],
          ]}
        />
      </Stack>
    </Dialog>
  );
}
