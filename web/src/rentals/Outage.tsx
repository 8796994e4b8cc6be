import { msg } from "../chain/tx";
import { penaltyOf } from "../explain/story";
import type { Machine } from "../gen/dbc/machine/v1/machine_pb";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { MsgBreakRentalSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { toast } from "../ui/toast";
import { useNow } from "../ui/useNow";
import { transact } from "../wallet/approve";
import { ms, outageOf, useTerms } from "./chain";
import { messages } from "./messages";

/** Outage tells a renter that the machine is or was offline, and ends the rental where that was too long. */
export function Outage({ rental, machine, unearned }: { rental: Rental; machine: Machine; unearned: bigint }) {
  const m = useMessages(messages);
  const format = useFormat();
  const now = useNow();
  const terms = useTerms();
  const since = ms(machine.offlineSince);
  const outage = outageOf(rental, since, now);
  if (outage === 0 || !terms) return null;
  const end = async () => {
    const done = await transact({
      title: m.breakTitle,
      rows: [
        [m.unearned, format.dbc(unearned)],
        [m.parts.penalty, format.dbc(penaltyOf(rental.penaltyTerms, unearned))],
      ],
      warning: m.breakWarning,
      messages: [msg(MsgBreakRentalSchema, { signer: rental.renter, rentId: rental.id })],
    });
    if (done) toast(m.broken);
  };
  return (
    <>
      <Banner tone="warn" title={since > 0 ? m.offlineNow : m.offlineWas}>
        {m.outageWhy(format.duration(outage), format.duration(terms.outage))}
      </Banner>
      <Button variant="danger" disabled={outage <= terms.outage} onClick={() => void end()}>
        {m.break}
      </Button>
    </>
  );
}
