import { useState } from "react";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { Cause } from "../gen/dbc/rental/v1/rental_pb";
import { MsgCancelRentSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { words as rentalWords } from "../rental/words";
import { transact } from "../signing/approve";
import { msg } from "../signing/tx";
import { Button } from "../ui/Button";
import { Choices } from "../ui/Choices";
import { Dialog } from "../ui/Dialog";
import { Facts, Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { words } from "./words";

const messages = define({
  en: {
    cancelTitle: "Cancel the rental",
    cancelRow: "Comes back",
    cancelWarning: "The virtual machine and its disks are deleted at once. The fee does not come back.",
    cancelWhy: "Why",
    cancelWord: "This is your word, and the chain keeps it.",
    cancelFee: "The fee",
    feeShared: (half: string, rest: string) => `${half} to the host, ${rest} to the community pool`,
    feeKept: (fee: string) => `${fee} to the community pool, nothing to the host`,
    cancelled: (amount: string) => `${amount} came back`,
  },
  zh: {
    cancelTitle: "取消租用",
    cancelRow: "退回",
    cancelWarning: "虚拟机及其磁盘将立即删除。手续费不退。",
    cancelWhy: "原因",
    cancelWord: "这是您的说法，将记录在链上。",
    cancelFee: "手续费",
    feeShared: (half, rest) => `${half} 归出租方，${rest} 入社区池`,
    feeKept: (fee) => `${fee} 入社区池，出租方不得`,
    cancelled: (amount) => `已退回 ${amount}`,
  },
});

const offered = [Cause.CHANGED_MIND, Cause.NOT_READY, Cause.UNREACHABLE, Cause.MISMATCH] as const;

/**
 * CancelDialog asks why a trial is cancelled, shows who gets the fee then, and
 * asks to sign.
 */
export function CancelDialog({ rental, likely, onClose }: { rental: Rental; likely: Cause; onClose: () => void }) {
  const m = useMessages(messages);
  const ofRentals = useMessages(rentalWords);
  const w = useMessages(words);
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
        [m.cancelWhy, ofRentals.causes[cause]],
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
          {w.cancel}
        </Button>
      }
    >
      <Stack>
        <Choices
          label={m.cancelWhy}
          value={String(cause)}
          onChange={(value) => setCause(Number(value))}
          choices={offered.map((c) => ({ value: String(c), label: ofRentals.causes[c] }))}
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
