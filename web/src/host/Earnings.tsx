import { timestampDate } from "@bufbuild/protobuf/wkt";
import { HandCoins } from "lucide-react";
import { Link } from "react-router";
import type { Machine } from "../gen/dbc/machine/v1/machine_pb";
import { RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { MsgBreakRentalSchema, MsgClaimRentResponseSchema, MsgClaimRentSchema } from "../gen/dbc/rental/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { isOpen, names as stateNames, stateTones } from "../rental/chain";
import { penaltyOf } from "../rental/story";
import { words as rentalWords } from "../rental/words";
import { transact } from "../signing/approve";
import { msg, reply } from "../signing/tx";
import { Asked } from "../ui/Asked";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { Card, Facts, Stack } from "../ui/Layout";
import { type Column, Table } from "../ui/Table";
import { toast } from "../ui/toast";
import { useWallet } from "../wallet/store";
import { claims, type Earning, totals, useEarnings } from "./books";
import { words } from "./words";

const messages = define({
  en: {
    breakNow: "End early",
    breakTitle: (id: string) => `End rental ${id} early`,
    breakBack: "Rent that goes back to the renter",
    breakPenalty: "Penalty from your stake",
    breakFee: "Fee, from your stake",
    breakWarning:
      "The renter's virtual machines stop. What was not earned goes back to the renter, and the penalty is paid from the stake. Below nine tenths of its needed stake the machine takes no new rental. To empty it without a cost, drain it.",
    breakTrialWarning:
      "The renter gets the whole rent back, and the fee from your stake. Virtual machines and disks of the trial are deleted.",
    broken: (id: string) => `Rental ${id} is over`,
    earnings: "Earnings",
    earned: "Earned",
    claimed: "Claimed",
    claimable: "To claim",
    fees: "Halves of trials' fees, paid at once",
    earningsWhy:
      "Rent is earned as time passes. It goes to the payout address when claimed, and by itself when a rental is over. Rentals that ended more than 90 days ago are not counted.",
    claim: "Claim",
    claimTitle: "Claim earned rent",
    claimTo: "Paid to",
    claimOf: "Rentals",
    claimAmount: "At least",
    claimed2: (amount: string) => `${amount} went to the payout address`,
    claimWho: "Owner, operator and payout address may claim.",
    noRentals: "No rentals yet",
    noRentalsWhy: "Here stands each rental of this machine with what it earned.",
    explain: "Explain",
    reading: "Reading its rentals…",
  },
  zh: {
    breakNow: "提前终止",
    breakTitle: (id) => `提前终止租用 ${id}`,
    breakBack: "退回租用方的租金",
    breakPenalty: "从质押支付的违约金",
    breakFee: "从质押支付的手续费",
    breakWarning:
      "租用方的虚拟机将停止。未使用的租金退回租用方，违约金由质押支付。质押低于要求的九成时，机器不接受新的租用。若要无代价地腾空机器，请使用排空。",
    breakTrialWarning: "租用方将收回全部租金，手续费由您的质押退还。试用中的虚拟机和磁盘将被删除。",
    broken: (id) => `租用 ${id} 已结束`,
    earnings: "收入",
    earned: "应得租金",
    claimed: "已领取",
    claimable: "未结算租金",
    fees: "试用手续费的一半，已即时支付",
    earningsWhy: "租金随时间累计；领取时付到收款地址，租用结束时自动支付。结束超过 90 天的租用不计入。",
    claim: "领取",
    claimTitle: "领取未结算租金",
    claimTo: "付给",
    claimOf: "租用",
    claimAmount: "至少",
    claimed2: (amount) => `${amount} 已付到收款地址`,
    claimWho: "所有者、运维账户和收款地址可以领取。",
    noRentals: "还没有租用",
    noRentalsWhy: "此处列出该机器的每个租用及其收入。",
    explain: "说明",
    reading: "正在读取租用……",
  },
});

/**
 * Earnings shows what a machine's rentals earned, have been paid, and still
 * owe.
 */
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
  const w = useMessages(words);
  const { active } = useWallet();
  const { states } = useMessages(rentalWords);
  const format = useFormat();
  const columns: Column<Earning>[] = [
    {
      name: w.col.rental,
      cell: ({ rental: { id } }) => (
        <Link to={`/rentals/${id}/explain`} aria-label={`${m.explain} ${id}`}>
          {id.toString()}
        </Link>
      ),
    },
    {
      name: w.col.state,
      cell: ({ rental: { state } }) => <Badge tone={stateTones[stateNames[state]]}>{states[stateNames[state]]}</Badge>,
    },
    { name: w.col.earned, right: true, cell: (e) => format.dbc(e.earned) },
    { name: w.col.claimed, right: true, cell: (e) => format.dbc(e.claimed) },
    { name: w.col.claimable, right: true, cell: (e) => format.dbc(e.claimable) },
    { name: w.col.end, cell: ({ rental: { end } }) => end && format.time(timestampDate(end)) },
  ];
  if (active?.address === owner && rows.some(({ rental }) => isOpen(rental)))
    columns.push({ name: w.col.end2, cell: (e) => isOpen(e.rental) && <BreakButton earning={e} owner={owner} /> });
  return <Table label={m.earnings} columns={columns} rows={rows} rowKey={({ rental }) => rental.id.toString()} />;
}

/**
 * BreakButton lets the owner end a rental early, at the cost that was fixed
 * when it was rented.
 */
function BreakButton({ earning: { rental, earned }, owner }: { earning: Earning; owner: string }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const trial = rental.state === RentalState.TRIAL;
  const end = async () => {
    const done = await transact({
      title: m.breakTitle(rental.id.toString()),
      rows: [
        [w.col.renter, rental.renter],
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
