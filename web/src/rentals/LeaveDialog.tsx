import { useChainQuery } from "../chain/hooks";
import { Query } from "../gen/dbc/rental/v1/query_pb";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { MsgLeaveRentalResponseSchema, MsgLeaveRentalSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { ms } from "../rental/chain";
import { transact } from "../signing/approve";
import { msg, reply } from "../signing/tx";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ErrorNote } from "../ui/ErrorNote";
import { Facts, Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { words } from "./words";

const messages = define({
  en: {
    title: "Leave the rental",
    back: "Comes back now",
    stays: "Stays paid",
    newEnd: "New end",
    why: "The exit notice is paid for from now on, and all rent beyond it comes back. The virtual machine runs until the new end; save what you need before. Then the disks are kept for as long as the rental lasted, ten days at most.",
    nothing: "The rental ends within its exit notice: nothing would come back.",
    done: (amount: string) => `${amount} came back`,
  },
  zh: {
    title: "提前退租",
    back: "立即退回",
    stays: "不退的租金",
    newEnd: "新的到期时间",
    why: "从现在起仍须支付退租通知期的租金，之后的租金全部退回。虚拟机运行至新的到期时间，请在此之前保存所需数据。此后磁盘的保留时间与实际租期一样长，最多十天。",
    nothing: "此租用将在退租通知期内到期，不会退回任何租金。",
    done: (amount) => `已退回 ${amount}`,
  },
});

/** LeaveDialog shows what leaving a confirmed rental brings now, and asks to sign. */
export function LeaveDialog({ rental, onClose }: { rental: Rental; onClose: () => void }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const quote = useChainQuery(Query.method.quote, { rentId: rental.id }, { refetchInterval: 5_000 });
  const leave = quote.data?.leave;
  const brings = leave !== undefined && ms(leave.end) < ms(rental.end);
  const rows = leave
    ? ([
        [m.back, <strong key="back">{format.dbc(leave.refund)}</strong>],
        [m.stays, format.dbc(leave.rent)],
        [m.newEnd, format.time(new Date(ms(leave.end)))],
        [w.notice, format.duration(Number(leave.noticeSeconds), 3)],
      ] as const)
    : [];
  const submit = async () => {
    onClose();
    const done = await transact({
      title: m.title,
      rows: [...rows],
      warning: m.why,
      messages: [msg(MsgLeaveRentalSchema, { renter: rental.renter, rentId: rental.id, machineId: "" })],
    });
    if (done) toast(m.done(format.dbc(reply(done, MsgLeaveRentalResponseSchema).refunded)));
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={m.title}
      footer={
        <Button variant="primary" disabled={!brings || quote.isError} onClick={() => void submit()}>
          {w.leave}
        </Button>
      }
    >
      <Stack>
        {quote.isError && <ErrorNote error={quote.error} />}
        {leave && <Facts wide rows={[...rows]} />}
        <p className="small muted">{leave && !brings ? m.nothing : m.why}</p>
      </Stack>
    </Dialog>
  );
}
