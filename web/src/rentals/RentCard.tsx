import { useState } from "react";
import { useNavigate } from "react-router";
import { useChainQuery } from "../chain/hooks";
import { Query } from "../gen/dbc/rental/v1/query_pb";
import { MsgRentMachineResponseSchema, MsgRentMachineSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import type { Machine } from "../machine/api";
import { ms, type Terms, useTerms } from "../rental/chain";
import { roomToRent } from "../rental/rights";
import { transact } from "../signing/approve";
import { msg, reply } from "../signing/tx";
import { Asked } from "../ui/Asked";
import { Banner } from "../ui/Banner";
import { Button, LinkButton } from "../ui/Button";
import { Choices } from "../ui/Choices";
import { Card, Facts, Stack } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { useNow } from "../ui/useNow";
import { useBalance } from "../wallet/bank";
import { useWallet } from "../wallet/store";
import { allowed, DurationField } from "./DurationField";
import { useRestore, withRestore } from "./restore";
import { words } from "./words";

const messages = define({
  en: {
    rent: "Rent this machine",
    slots: "Slots",
    slotsAll: (n: number) => `All ${n}`,
    quoteFor: "What it costs",
    rentAmount: "Rent",
    refundable: "Comes back if you cancel in time",
    ends: "Ends",
    rentButton: "Rent",
    rentTitle: (n: number) => `Rent ${n} ${n === 1 ? "slot" : "slots"}`,
    rentWarning: (window: string, fee: string) =>
      `You have ${window} to try the machine. Until you confirm, the whole rent comes back by itself; the fee of ${fee} comes back only if the machine fails the trial.`,
    needWallet: "Set up a wallet to rent",
    otherMachine: "Find another machine",
    restore: "The form for the virtual machine will then propose the kept disks.",
    cantRent: {
      offline: "It can't be rented while it is offline.",
      bonded: "It can't be rented before its host opens it.",
      retired: "It can't be rented any more.",
      full: "All its slots are rented now.",
      low: "It can't be rented before its host has filled up the stake, from which renters are paid if the host fails them.",
      draining: "Its host closes it, and until then too little time is left to rent it.",
    } as Record<string, string>,
  },
  zh: {
    rent: "租用此机器",
    slots: "卡位",
    slotsAll: (n) => `全部 ${n} 个`,
    quoteFor: "费用",
    rentAmount: "租金",
    refundable: "按时取消可退回",
    ends: "到期",
    rentButton: "租用",
    rentTitle: (n) => `租用 ${n} 个卡位`,
    rentWarning: (window, fee) =>
      `您有 ${window} 可以试用。确认之前，全部租金会自动退回；${fee} 手续费仅在机器导致试用失败时退还。`,
    needWallet: "设置钱包后租用",
    otherMachine: "寻找其他机器",
    restore: "租用后，创建虚拟机时会自动选中保留的磁盘。",
    cantRent: {
      offline: "机器离线期间不可租用。",
      bonded: "出租方开放之前不可租用。",
      retired: "此机器不再出租。",
      full: "所有卡位目前都已租出。",
      low: "出租方补足质押之前不可租用：出租方违约时由质押赔付租用方。",
      draining: "出租方将停止出租此机器，剩余时间不足以租用。",
    },
  },
});

/** RentCard shows the quote for a machine, and lets the user rent it. */
export function RentCard({ machine }: { machine: Machine }) {
  const m = useMessages(messages);
  const terms = useTerms();
  const now = useNow();
  const room = terms && roomToRent(machine, terms, now);
  return (
    <Card title={m.rent}>
      {!terms || !room ? (
        <Loading label={m.quoteFor} />
      ) : room.obstacle ? (
        <Stack>
          <p>{m.cantRent[room.obstacle]}</p>
          <LinkButton to="/machines">{m.otherMachine}</LinkButton>
        </Stack>
      ) : (
        <RentForm machine={machine} terms={{ ...terms, max: room.most }} />
      )}
    </Card>
  );
}

function RentForm({ machine, terms }: { machine: Machine; terms: Terms }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const navigate = useNavigate();
  const { active } = useWallet();
  const balance = useBalance(active?.address);
  const free = machine.free_slots.length;
  const all = machine.slots.length;
  const [restore] = useRestore();
  const [slots, setSlots] = useState(1);
  const [seconds, setSeconds] = useState<number | undefined>(() => [86_400, 3_600].find((s) => allowed(s, terms)));
  const quote = useChainQuery(
    Query.method.quote,
    { machineId: machine.machine_id, durationSeconds: BigInt(seconds ?? 0), slots },
    { enabled: seconds !== undefined, refetchInterval: 10_000, placeholderData: (before) => before },
  );
  const q = seconds === undefined ? undefined : quote.data;
  const counts =
    free <= 8
      ? Array.from({ length: free }, (_, i) => i + 1)
      : [1, 2, 4, 8, free].filter((n, i, list) => n <= free && list.indexOf(n) === i);
  const poor = q !== undefined && balance !== undefined && balance < q.total;

  const rent = async () => {
    if (!active || !q || seconds === undefined) return;
    const done = await transact({
      title: m.rentTitle(slots),
      rows: [
        [w.duration, format.duration(seconds, 3)],
        [m.rentAmount, format.dbc(q.rent)],
        [w.fee, format.dbc(q.fee)],
        [w.total, <strong key="total">{format.dbc(q.total)}</strong>],
        [m.refundable, format.dbc(q.rent)],
      ],
      warning: m.rentWarning(format.duration(terms.window), format.dbc(q.fee)),
      messages: [
        msg(MsgRentMachineSchema, {
          renter: active.address,
          machineId: machine.machine_id,
          durationSeconds: BigInt(seconds),
          slots,
          maxTotal: q.total,
          listingVersion: q.listingVersion,
        }),
      ],
    });
    if (done) await navigate(withRestore(`/rentals/${reply(done, MsgRentMachineResponseSchema).rentId}`, restore));
  };
  return (
    <Stack>
      {all > 1 && (
        <Choices
          label={m.slots}
          value={String(slots)}
          onChange={(value) => setSlots(Number(value))}
          choices={counts.map((n) => ({ value: String(n), label: n === all ? m.slotsAll(n) : String(n) }))}
        />
      )}
      <DurationField terms={terms} value={seconds} onChange={setSeconds} />
      <Asked query={quote} />
      {q && !quote.isError && (
        <Facts
          wide
          rows={[
            [m.rentAmount, format.dbc(q.rent)],
            [w.fee, format.dbc(q.fee)],
            [w.total, <strong key="total">{format.dbc(q.total)}</strong>],
            [m.refundable, format.dbc(q.rent)],
            [w.confirmWithin, format.duration(terms.window)],
            [m.ends, format.time(new Date(ms(q.end)))],
            [w.notice, q.leave ? w.noticeOf(format.duration(Number(q.leave.noticeSeconds), 3)) : w.noNotice],
          ]}
        />
      )}
      {restore && <p className="small muted">{m.restore}</p>}
      {poor && balance !== undefined && <Banner tone="warn">{w.poor(format.dbc(balance))}</Banner>}
      {active ? (
        <Button
          variant="primary"
          disabled={!q || quote.isError || quote.isPlaceholderData || poor}
          onClick={() => void rent()}
        >
          {m.rentButton}
        </Button>
      ) : (
        <LinkButton variant="primary" to="/wallet">
          {m.needWallet}
        </LinkButton>
      )}
    </Stack>
  );
}
