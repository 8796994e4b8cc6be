import { BadgeCheck, CalendarPlus, Undo2 } from "lucide-react";
import { useState } from "react";
import { useChainQuery } from "../chain/hooks";
import { msg } from "../chain/tx";
import { Query } from "../gen/dbc/machine/v1/query_pb";
import type { QueryExplainResponse } from "../gen/dbc/rental/v1/query_pb";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { Cause, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { MsgConfirmRentSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import type { Session } from "../session/store";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Card, Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { useNow } from "../ui/useNow";
import { useCountdown } from "../ui/useTitle";
import { transact } from "../wallet/approve";
import { CancelDialog } from "./CancelDialog";
import { ms, useTerms } from "./chain";
import css from "./Deadline.module.css";
import { messages } from "./messages";
import { Outage } from "./Outage";
import { RenewDialog } from "./RenewDialog";
import { roomToRenew } from "./rights";
import { Untried } from "./Untried";
import { causeOf, ofRental, useTasks } from "./useTasks";

/** Deadline counts down what runs out, with what can be done before. */
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
  const format = useFormat();
  const now = useNow();
  const [untried, setUntried] = useState(false);
  const [renewing, setRenewing] = useState(false);
  const [cancelling, setCancelling] = useState(false);
  const tasks = useTasks(rental, own ? session : null);
  const likely = causeOf({ data: ofRental(tasks.data, rental), error: tasks.error });
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
      rows: [[m.confirmRow, format.dbc(rental.paid)]],
      warning: m.confirmWarning,
      confirmLabel: m.confirm,
      messages: [msg(MsgConfirmRentSchema, names)],
    });
    if (done) toast(m.confirmed);
  };
  useCountdown(own ? format.duration(left) : "");
  const urgent = left < 300;
  const room = machine && terms && roomToRenew(rental, machine, terms, now);
  return (
    <Card label={trial ? m.confirm : m.end}>
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
          aria-label={trial ? m.confirmWithin : m.end}
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
              {m.cancel}
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
              {m.renew}
            </Button>
            {room?.obstacle && (
              <p id="cant-renew" className="small muted">
                {m.cantRenew[room.obstacle]}
              </p>
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
