import type { Machine } from "../gen/dbc/machine/v1/machine_pb";
import type { RenterBreak } from "../gen/dbc/rental/v1/query_pb";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { MsgBreakRentalSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { ms, rightToBreak } from "../rental/chain";
import { words as rentalWords } from "../rental/words";
import { transact } from "../signing/approve";
import { msg } from "../signing/tx";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { toast } from "../ui/toast";
import { useNow } from "../ui/useNow";
import { words } from "./words";

const messages = define({
  en: {
    offlineNow: "The machine is offline",
    offlineWas: "The machine was offline",
    outageWhy: (total: string, most: string) =>
      `${total} in total, for which the host earns nothing. After more than ${most} you may end the rental, while the machine is offline and for a day after: what was not earned comes back, with a penalty from the host's stake.`,
    breakUntil: (time: string) => `Possible until ${time}.`,
    break: "End it for the outage",
    breakTitle: "End the rental for the host's outage",
    breakWarning: "What was not earned comes back, with the host's penalty on top. The virtual machine stops.",
    broken: "The rental is over",
  },
  zh: {
    offlineNow: "机器离线",
    offlineWas: "机器曾离线",
    outageWhy: (total, most) =>
      `累计 ${total}，此期间出租方没有收入。超过 ${most} 后，在机器离线期间及恢复后一天内，您可以提前终止租用：未使用的租金退回，另加出租方质押支付的违约金。`,
    breakUntil: (time) => `可在 ${time} 之前提前终止。`,
    break: "因离线提前终止",
    breakTitle: "因机器离线提前终止租用",
    breakWarning: "未使用的租金退回，另加出租方的违约金。虚拟机将停止。",
    broken: "租用已结束",
  },
});

/**
 * Outage informs a renter that the machine is or was offline, and offers to end
 * the rental if that was too long.
 */
export function Outage({
  rental,
  machine,
  unearned,
  said,
}: {
  rental: Rental;
  machine: Machine;
  unearned: bigint;
  said: RenterBreak | undefined;
}) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const ofRentals = useMessages(rentalWords);
  const format = useFormat();
  const now = useNow();
  const right = rightToBreak(said, now);
  if (!said || !right) return null;
  const { outage, limit, allowed, until } = right;
  const held = said.penalty - said.penaltyAtOnce;
  const end = async () => {
    const done = await transact({
      title: m.breakTitle,
      rows: [
        [w.unearned, format.dbc(unearned)],
        [ofRentals.parts.penalty, format.dbc(said.penaltyAtOnce)],
        ...(held > 0n ? [[ofRentals.parts.held, format.dbc(held)] as [string, string]] : []),
      ],
      warning: m.breakWarning,
      messages: [msg(MsgBreakRentalSchema, { signer: rental.renter, rentId: rental.id })],
    });
    if (done) toast(m.broken);
  };
  return (
    <>
      <Banner tone="warn" title={ms(machine.offlineSince) > 0 ? m.offlineNow : m.offlineWas}>
        {m.outageWhy(format.duration(outage), format.duration(limit))}
        {allowed && until > 0 && ` ${m.breakUntil(format.exactTime(new Date(until)))}`}
      </Banner>
      <Button variant="danger" disabled={!allowed} onClick={() => void end()}>
        {m.break}
      </Button>
    </>
  );
}
