import { timestampDate } from "@bufbuild/protobuf/wkt";
import { HandCoins } from "lucide-react";
import { Link } from "react-router";
import { msg, reply } from "../chain/tx";
import { penaltyOf } from "../explain/story";
import type { Machine } from "../gen/dbc/machine/v1/machine_pb";
import { RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { MsgBreakRentalSchema, MsgClaimRentResponseSchema, MsgClaimRentSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { isOpen, names as stateNames, stateTones } from "../rentals/chain";
import { messages as rentalMessages } from "../rentals/messages";
import { Asked } from "../ui/Asked";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { Card, Facts, Stack } from "../ui/Layout";
import { type Column, Table } from "../ui/Table";
import { toast } from "../ui/toast";
import { transact } from "../wallet/approve";
import { useWallet } from "../wallet/store";
import { claims, type Earning, totals, useEarnings } from "./books";
import { messages } from "./messages";

/** Earnings is what a machine's rentals earned, were paid for, and still owe. */
export function Earnings({ machine }: { machine: Machine }) {
  const m = useMessages(messages);
  const format = useFormat();
  const { active } = useWallet();
  const found = useEarnings(machine.id);
  const rows = found.data ?? [];
  const sum = totals(rows);
  const due = claims(rows);
  const may = active && [machine.owner, machine.operator, machine.payout].includes(active.address);
  const claim = async () => {
    if (!active) return;
    const atLeast = due.reduce((total, e) => total + e.claimable, 0n);
    const done = await transact({
      title: m.claimTitle,
      rows: [
        [m.claimAmount, format.dbc(atLeast)],
        [m.claimOf, due.map((e) => e.rental.id.toString()).join(", ")],
        [m.claimTo, machine.payout],
      ],
      messages: [msg(MsgClaimRentSchema, { signer: active.address, rentIds: due.map((e) => e.rental.id) })],
    });
    if (done) toast(m.claimed2(format.dbc(reply(done, MsgClaimRentResponseSchema).claimed)));
  };
  return (
    <Card
      title={m.earnings}
      actions={
        <Button
          size="small"
          variant="primary"
          icon={<HandCoins aria-hidden="true" />}
          disabled={!may || due.length === 0}
          onClick={() => void claim()}
        >
          {m.claim}
        </Button>
      }
    >
      <Stack>
        <Asked query={found} label={m.reading} />
        {found.data && (
          <>
            <Facts
              rows={[
                [m.earned, format.dbc(sum.earned)],
                [m.claimed, format.dbc(sum.claimed)],
                [m.claimable, format.dbc(sum.claimable)],
                sum.fees > 0n && [m.fees, format.dbc(sum.fees)],
              ]}
            />
            <p className="muted small">
              {m.earningsWhy} {!may && m.claimWho}
            </p>
            {rows.length > 0 ? (
              <Rentals rows={rows} owner={machine.owner} />
            ) : (
              <Empty title={m.noRentals}>{m.noRentalsWhy}</Empty>
            )}
          </>
        )}
      </Stack>
    </Card>
  );
}

function Rentals({ rows, owner }: { rows: readonly Earning[]; owner: string }) {
  const m = useMessages(messages);
  const { active } = useWallet();
  const states = useMessages(rentalMessages).states;
  const format = useFormat();
  const columns: Column<Earning>[] = [
    {
      name: m.col.rental,
      cell: ({ rental: { id } }) => (
        <Link to={`/rentals/${id}/explain`} aria-label={`${m.explain} ${id}`}>
          {id.toString()}
        </Link>
      ),
    },
    {
      name: m.col.state,
      cell: ({ rental: { state } }) => <Badge tone={stateTones[stateNames[state]]}>{states[stateNames[state]]}</Badge>,
    },
    { name: m.col.earned, right: true, cell: (e) => format.dbc(e.earned) },
    { name: m.col.claimed, right: true, cell: (e) => format.dbc(e.claimed) },
    { name: m.col.claimable, right: true, cell: (e) => format.dbc(e.claimable) },
    { name: m.col.end, cell: ({ rental: { end } }) => end && format.time(timestampDate(end)) },
  ];
  if (active?.address === owner && rows.some(({ rental }) => isOpen(rental)))
    columns.push({ name: m.col.end2, cell: (e) => isOpen(e.rental) && <BreakButton earning={e} owner={owner} /> });
  return <Table label={m.earnings} columns={columns} rows={rows} rowKey={({ rental }) => rental.id.toString()} />;
}

/** BreakButton lets the owner end a rental early, at the cost that the chain fixed when it was rented. */
function BreakButton({ earning: { rental, earned }, owner }: { earning: Earning; owner: string }) {
  const m = useMessages(messages);
  const format = useFormat();
  const trial = rental.state === RentalState.TRIAL;
  const end = async () => {
    const done = await transact({
      title: m.breakTitle(rental.id.toString()),
      rows: [
        [m.col.renter, rental.renter],
        [m.breakBack, format.dbc(rental.paid - (trial ? 0n : earned))],
        trial
          ? [m.breakFee, format.dbc(rental.fee)]
          : [m.breakPenalty, format.dbc(penaltyOf(rental.penaltyTerms, rental.paid - earned))],
      ],
      warning: trial ? m.breakTrialWarning : m.breakWarning,
      confirmLabel: m.breakNow,
      messages: [msg(MsgBreakRentalSchema, { signer: owner, rentId: rental.id })],
    });
    if (done) toast(m.broken(rental.id.toString()));
  };
  return (
    <Button size="small" variant="danger" aria-label={`${m.breakNow} ${rental.id}`} onClick={() => void end()}>
      {m.breakNow}
    </Button>
  );
}
