import { msg } from "../chain/tx";
import type { Machine } from "../gen/dbc/machine/v1/machine_pb";
import type { RenterBreak } from "../gen/dbc/rental/v1/query_pb";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { MsgBreakRentalSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { toast } from "../ui/toast";
import { useNow } from "../ui/useNow";
import { transact } from "../wallet/approve";
import { ms, rightToBreak } from "./chain";
import { messages } from "./messages";

/** Outage tells a renter that the machine is or was offline, and ends the rental where that was too long. */
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
        [m.unearned, format.dbc(unearned)],
        [m.parts.penalty, format.dbc(said.penaltyAtOnce)],
        ...(held > 0n ? [[m.parts.held, format.dbc(held)] as [string, string]] : []),
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
