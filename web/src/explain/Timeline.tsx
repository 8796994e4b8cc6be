import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Reason, type Rental, type Transition } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { names, stateTones } from "../rental/chain";
import { effectsOf, recorded, since } from "../rental/story";
import { words } from "../rental/words";
import { Badge } from "../ui/Badge";
import css from "./Explain.module.css";

const messages = define({
  en: {
    block: (height: string) => `block ${height}`,
    ago: (span: string) => `${span} ago`,
    overdue: "Its time is over. One of the next blocks records that and moves the money.",
    kept: "Only the last 16 changes are kept; older ones are in the chain's blocks.",
    said: (cause: string) => `the renter's word: ${cause}`,
    effects: {
      "take fee": "the fee went into escrow",
      "take rent": "the rent went into escrow",
      "reserve slots": "the slots were reserved",
      "release slots": "the slots became free",
      "return rent": "the whole rent went back to the renter",
      "return fee": "the fee went back to the renter",
      "pay earned": "what was earned goes to the host",
      "return unearned": "the rest goes back to the renter",
      "pay penalty from stake": "a penalty is paid to the renter from the host's stake",
      "start cooldown": "this renter's next trial on this machine has to wait",
      "fee to pool": "the fee went to the community pool",
      "half of fee to host and rest to pool": "half of the fee went to the host, the rest to the community pool",
      "as much as fee from stake to pool": "the host's stake paid as much to the community pool",
      "return rent beyond new end": "the rent beyond the new end went back to the renter",
    },
    forGood: "from now on rent comes back only by leaving, if the listing has an exit notice",
  },
  zh: {
    block: (height) => `区块 ${height}`,
    ago: (span) => `${span}前`,
    overdue: "时间已到。接下来的区块会记录并划转资金。",
    kept: "仅保留最近 16 次变化，更早的记录在链的区块中。",
    said: (cause) => `租用方的说法：${cause}`,
    effects: {
      "take fee": "手续费进入托管",
      "take rent": "租金进入托管",
      "reserve slots": "卡位已预留",
      "release slots": "卡位已释放",
      "return rent": "全部租金退回租用方",
      "return fee": "手续费退回租用方",
      "pay earned": "出租方应得的租金付给出租方",
      "return unearned": "未使用的租金退回租用方",
      "pay penalty from stake": "出租方质押向租用方支付违约金",
      "start cooldown": "该租用方在此机器上的下一次试用需要等待",
      "fee to pool": "手续费进入社区池",
      "half of fee to host and rest to pool": "手续费一半付给出租方，其余进入社区池",
      "as much as fee from stake to pool": "出租方质押向社区池支付同等金额",
      "return rent beyond new end": "新到期时间之后的租金退回租用方",
    },
    forGood: "此后只有挂牌有退租通知期时，提前退租才能取回租金",
  },
});

/** mostKept is the number of changes that the chain stores per rental. */
const mostKept = 16;

/** Timeline shows a rental's changes, oldest first. */
export function Timeline({ rental }: { rental: Rental }) {
  const m = useMessages(messages);
  const { transitions } = rental;
  return (
    <>
      {transitions.length >= mostKept && <p className="muted small">{m.kept}</p>}
      <ol>
        {transitions.map((transition, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a history only grows, and one block may hold two changes
          <Line key={i} transition={transition} />
        ))}
        {!recorded(rental) && (
          <li className={css.line}>
            <strong>{m.overdue}</strong>
          </li>
        )}
      </ol>
    </>
  );
}

function Line({ transition: { time, from, to, reason, height, cause, refunded } }: { transition: Transition }) {
  const m = useMessages(messages);
  const { states, causes, reasons } = useMessages(words);
  const format = useFormat();
  const at = time && timestampDate(time);
  const effects = effectsOf(from, reason);
  const name = names[to];
  return (
    <li className={css.line}>
      <span className="small muted num">
        {at && (
          <time dateTime={at.toISOString()}>
            {format.exactTime(at)} · {m.ago(format.duration(since(at)))}
          </time>
        )}{" "}
        · {m.block(format.number(height))}
      </span>
      <span>
        <strong>{reasons[reason]}</strong> <Badge tone={stateTones[name]}>{states[name]}</Badge>
      </span>
      <ul>
        {effects.map((effect) => (
          <li key={effect}>
            {m.effects[effect]}
            {effect === "return rent beyond new end" && ` (${format.dbc(refunded)})`}
          </li>
        ))}
        {reason === Reason.CONFIRMED && <li>{m.forGood}</li>}
        {causes[cause] && <li>{m.said(causes[cause])}</li>}
      </ul>
    </li>
  );
}
