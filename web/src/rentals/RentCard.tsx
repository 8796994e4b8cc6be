import { useState } from "react";
import { useNavigate } from "react-router";
import { useChainQuery } from "../chain/hooks";
import { msg, reply } from "../chain/tx";
import { Query } from "../gen/dbc/rental/v1/query_pb";
import { MsgRentMachineResponseSchema, MsgRentMachineSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import type { Machine } from "../machines/api";
import { Asked } from "../ui/Asked";
import { Banner } from "../ui/Banner";
import { Button, LinkButton } from "../ui/Button";
import { Choices } from "../ui/Choices";
import { Card, Facts, Stack } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { useNow } from "../ui/useNow";
import { transact } from "../wallet/approve";
import { useBalance } from "../wallet/bank";
import { useWallet } from "../wallet/store";
import { ms, type Terms, useTerms } from "./chain";
import { allowed, DurationField } from "./DurationField";
import { messages } from "./messages";
import { roomToRent } from "./rights";

/** RentCard is the quote for a machine, and the way to rent it. */
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
  const format = useFormat();
  const navigate = useNavigate();
  const { active } = useWallet();
  const balance = useBalance(active?.address);
  const free = machine.free_slots.length;
  const all = machine.slots.length;
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
        [m.duration, format.duration(seconds, 3)],
        [m.rentAmount, format.dbc(q.rent)],
        [m.fee, format.dbc(q.fee)],
        [m.total, <strong key="total">{format.dbc(q.total)}</strong>],
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
    if (done) await navigate(`/rentals/${reply(done, MsgRentMachineResponseSchema).rentId}`);
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
            [m.fee, format.dbc(q.fee)],
            [m.total, <strong key="total">{format.dbc(q.total)}</strong>],
            [m.refundable, format.dbc(q.rent)],
            [m.confirmWithin, format.duration(terms.window)],
            [m.ends, format.time(new Date(ms(q.end)))],
          ]}
        />
      )}
      {poor && balance !== undefined && <Banner tone="warn">{m.poor(format.dbc(balance))}</Banner>}
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
