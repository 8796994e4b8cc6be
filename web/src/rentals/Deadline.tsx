import { BadgeCheck, CalendarPlus, LogOut, Undo2 } from "lucide-react";
import { useState } from "react";
import { useChainQuery } from "../chain/hooks";
import { Query } from "../gen/dbc/machine/v1/query_pb";
import type { QueryExplainResponse } from "../gen/dbc/rental/v1/query_pb";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { Cause, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { MsgConfirmRentSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { ms, useTerms } from "../rental/chain";
import { roomToRenew } from "../rental/rights";
import type { Session } from "../session/store";
import { transact } from "../signing/approve";
import { msg } from "../signing/tx";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Card, Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { useNow } from "../ui/useNow";
import { useCountdown } from "../ui/useTitle";
import { causeOf, useTasks } from "../vm/useTasks";
import { CancelDialog } from "./CancelDialog";
import css from "./Deadline.module.css";
import { LeaveDialog } from "./LeaveDialog";
import { Outage } from "./Outage";
import { RenewDialog } from "./RenewDialog";
import { Untried } from "./Untried";
import { words } from "./words";

const messages = define({
  en: {
    confirmIn: "to confirm",
    confirmLate: "The time to confirm is over.",
    endsIn: "left",
    deadline: (when: string) =>
      `Until ${when}. If you do nothing, the rent comes back and the machine is given to others.`,
    endAt: (when: string) => `Ends ${when}; then the virtual machine is shut down.`,
    confirm: "Confirm",
    confirmTitle: "Confirm the rental",
    confirmWarning:
      "Confirm only when the virtual machine runs and you have logged in. Once confirmed, the rental counts and your DBC can't be refunded.",
    confirmExit: " Only leaving early brings rent back, beyond the exit notice.",
    confirmRow: "No longer refundable",
    confirmed: "Confirmed. The machine is yours until the end.",
    notUp: "No virtual machine has come up in this rental",
    notUpWhy: "Cancel it as not ready before the time is over: then nothing of the fee is the host's.",
    cantRenew: {
      offline: "It can't be renewed while the machine is offline: renew when it is back, before the rental's end.",
      draining: "It can't be renewed: the host closes this machine. To go on after the end, rent another one.",
      longest: "It can't be renewed yet: its end is as far away as the chain allows. Renew later.",
      over: "Its time is over.",
    } as Record<string, string>,
  },
  zh: {
    confirmIn: "剩余确认时间",
    confirmLate: "确认时间已过。",
    endsIn: "剩余租期",
    deadline: (when) => `截至 ${when}。若不操作，租金自动退回，机器将开放给他人。`,
    endAt: (when) => `${when} 到期，届时虚拟机自动关机。`,
    confirm: "确认租用",
    confirmTitle: "确认租用",
    confirmWarning: "确认之前必须确认虚拟机能够正常启动并可登录。确认之后表示机器租用成功，DBC 无法退回。",
    confirmExit: "只有提前退租才能取回退租通知期之后的租金。",
    confirmRow: "不再可退",
    confirmed: "已确认。到期之前机器归您使用。",
    notUp: "此租用中没有虚拟机就绪",
    notUpWhy: "请在截止之前以“虚拟机没有就绪”取消：手续费便不归出租方。",
    cantRenew: {
      offline: "机器离线期间不能续租：请在机器恢复后、到期之前续租。",
      draining: "不能续租：出租方将停止出租此机器。到期后如需继续，请租用其他机器。",
      longest: "暂时不能续租：到期时间已是链上允许的最远时间。请稍后再续租。",
      over: "时间已到。",
    },
  },
});

/** Deadline counts down to a deadline, and offers what can be done before it. */
export function Deadline({
  told,
  rental,
  own,
  session,
  tried,
}: {
  told: QueryExplainResponse;
  rental: Rental;
  own: boolean;
  session: Session | null | undefined;
  /** tried: a virtual machine of the rental has run. */
  tried: boolean;
}) {
  const { unearned, renterBreak } = told;
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const now = useNow();
  const [untried, setUntried] = useState(false);
  const [renewing, setRenewing] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const [cancelling, setCancelling] = useState(false);
  const tasks = useTasks(rental, own ? session : null);
  const likely = causeOf(tasks.error, tried);
  const terms = useTerms();
  const found = useChainQuery(Query.method.machine, { machineId: rental.machineId });
  const machine = found.data?.listing?.machine;
  const trial = rental.state === RentalState.TRIAL;
  const start = ms(rental.start);
  const until = ms(trial ? rental.deadline : rental.end);
  const left = Math.max(0, (until - now) / 1_000);
  const gone = Math.min(1, Math.max(0, (now - start) / (until - start)));
  const names = { renter: rental.renter, rentId: rental.id, machineId: "" };

  const confirm = async () => {
    const done = await transact({
      title: m.confirmTitle,
      rows: [
        [m.confirmRow, format.dbc(rental.paid)],
        [
          w.notice,
          rental.exitNoticeSeconds > 0n ? w.noticeOf(format.duration(Number(rental.exitNoticeSeconds), 3)) : w.noNotice,
        ],
      ],
      warning: m.confirmWarning + (rental.exitNoticeSeconds > 0n ? m.confirmExit : ""),
      confirmLabel: m.confirm,
      messages: [msg(MsgConfirmRentSchema, names)],
    });
    if (done) toast(m.confirmed);
  };
  useCountdown(own ? format.duration(left) : "");
  const urgent = left < 300;
  const room = machine && terms && roomToRenew(rental, machine, terms, now);
  return (
    <Card label={trial ? m.confirm : w.end}>
      <Stack gap={12}>
        <div>
          <div className={`${css.clock} ${urgent ? css.urgent : ""}`} role="timer">
            {format.duration(left)}
          </div>
          <div className="muted small">{trial ? (left > 0 ? m.confirmIn : m.confirmLate) : m.endsIn}</div>
        </div>
        <progress
          className={`${css.bar} ${trial ? css.trial : ""}`}
          value={gone}
          aria-label={trial ? w.confirmWithin : w.end}
        />
        <p className="small muted">
          {trial ? m.deadline(format.exactTime(new Date(until))) : m.endAt(format.time(new Date(until)))}
        </p>
        {own && trial && (
          <>
            <p className="small">{m.confirmWarning}</p>
            <Button
              variant={tried ? "primary" : "ghost"}
              size={tried ? "normal" : "small"}
              icon={<BadgeCheck aria-hidden="true" />}
              disabled={left === 0}
              onClick={() => (tried ? void confirm() : setUntried(true))}
            >
              {m.confirm}
            </Button>
            {urgent && left > 0 && tasks.data && likely === Cause.NOT_READY && (
              <Banner tone="warn" title={m.notUp}>
                {m.notUpWhy}
              </Banner>
            )}
            <Button icon={<Undo2 aria-hidden="true" />} disabled={left === 0} onClick={() => setCancelling(true)}>
              {w.cancel}
            </Button>
          </>
        )}
        {own && !trial && (
          <>
            <Button
              variant="primary"
              icon={<CalendarPlus aria-hidden="true" />}
              disabled={!room || room.obstacle !== undefined}
              aria-describedby={room?.obstacle && "cant-renew"}
              onClick={() => setRenewing(true)}
            >
              {w.renew}
            </Button>
            {room?.obstacle && (
              <p id="cant-renew" className="small muted">
                {m.cantRenew[room.obstacle]}
              </p>
            )}
            {rental.exitNoticeSeconds > 0n && (
              <Button
                icon={<LogOut aria-hidden="true" />}
                disabled={left <= Number(rental.exitNoticeSeconds)}
                onClick={() => setLeaving(true)}
              >
                {w.leave}
              </Button>
            )}
          </>
        )}
        {own && !trial && machine && (
          <Outage rental={rental} machine={machine} unearned={unearned} said={renterBreak} />
        )}
      </Stack>
      {cancelling && trial && left > 0 && (
        <CancelDialog rental={rental} likely={likely} onClose={() => setCancelling(false)} />
      )}
      {leaving && !trial && <LeaveDialog rental={rental} onClose={() => setLeaving(false)} />}
      {untried && (
        <Untried
          onClose={() => setUntried(false)}
          onConfirm={() => {
            setUntried(false);
            void confirm();
          }}
        />
      )}
      {renewing && room && terms && (
        <RenewDialog rental={rental} terms={{ ...terms, max: room.most }} onClose={() => setRenewing(false)} />
      )}
    </Card>
  );
}
