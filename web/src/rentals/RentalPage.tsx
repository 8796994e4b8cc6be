import { Link, useParams } from "react-router";
import { useChainQuery } from "../chain/hooks";
import { unmoved } from "../chain/key";
import { Query, type QueryExplainResponse } from "../gen/dbc/rental/v1/query_pb";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { isMissing } from "../node/errors";
import { isOpen, ms, stateName, stateTones } from "../rental/chain";
import { cameBack, shares } from "../rental/story";
import { words as rentalWords } from "../rental/words";
import { Asked } from "../ui/Asked";
import { Badge } from "../ui/Badge";
import { Banner } from "../ui/Banner";
import { Boundary } from "../ui/Boundary";
import { LinkButton } from "../ui/Button";
import { Hash } from "../ui/Copy";
import { Empty } from "../ui/Empty";
import { ErrorNote } from "../ui/ErrorNote";
import { Card, Columns, Facts, Page } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { hasRun } from "../vm/progress";
import { useSession } from "../vm/useSession";
import { useKnown } from "../vm/useTasks";
import { useWallet } from "../wallet/store";
import { After } from "./After";
import { Deadline } from "./Deadline";
import { Promised } from "./Promised";
import { Share } from "./Share";
import { SignIn } from "./SignIn";
import { TrialSteps } from "./TrialSteps";
import { VirtualMachines } from "./VirtualMachines";
import { words } from "./words";

const messages = define({
  en: {
    confirmBefore: "Confirm before",
    page: (id: string) => `Rental ${id}`,
    notFound: "There is no rental with this number",
    notFoundWhy: "Closed rentals are kept for 90 days.",
    money: "Money",
    paid: "Rent paid",
    feePaid: "Fee",
    earned: "Earned by the host so far",
    earnedAll: "Earned by the host",
    back: "Came back to you",
    settling: "About to be divided",
    claimed: "Paid to the host",
    outage: "The machine was offline",
    renter: "Renter",
    machine: "Machine",
    slotsOf: "Slots",
    start: "Began",
    explain: "What happened and why",
    foreign: "This rental belongs to another account.",
    foreignWhy: (address: string) => `Its renter is ${address}. Switch to that account to act for it.`,
    byLink: "You act here by a link that the renter gave you.",
  },
  zh: {
    confirmBefore: "确认截止",
    page: (id) => `租用 ${id}`,
    notFound: "没有此编号的租用",
    notFoundWhy: "已结束的租用保留 90 天。",
    money: "资金",
    paid: "已付租金",
    feePaid: "租用手续费",
    earned: "出租方已得租金",
    earnedAll: "出租方已得租金",
    back: "已退回给您",
    settling: "即将结算",
    claimed: "已付给出租方",
    outage: "机器离线时长",
    renter: "租用方",
    machine: "机器",
    slotsOf: "卡位",
    start: "开始",
    explain: "经过与原因",
    foreign: "此租用属于其他账户。",
    foreignWhy: (address) => `租用方是 ${address}。请切换到该账户进行操作。`,
    byLink: "您正通过租用方提供的链接操作。",
  },
});

/** outageGrows: the right to end the rental arises with time, not with a block. */
function outageGrows(told: QueryExplainResponse | undefined): boolean {
  const said = told?.renterBreak;
  return Boolean(said?.outage && !said.until && (said.outage.seconds > 0n || said.outage.nanos > 0));
}

/** RentalPage shows a rental from its first minute to its end. */
export default function RentalPage() {
  const m = useMessages(messages);
  const w = useMessages(words);
  const { rentId = "" } = useParams();
  const valid = /^\d{1,20}$/.test(rentId);
  const found = useChainQuery(
    Query.method.explain,
    { rentId: valid ? BigInt(rentId) : 0n },
    { enabled: valid, refetchInterval: ({ state }) => (outageGrows(state.data) ? 5_000 : unmoved) },
  );
  const none = !valid || isMissing(found.error);
  if (none)
    return (
      <Empty
        title={m.notFound}
        action={
          <LinkButton variant="primary" to="/rentals">
            {w.title}
          </LinkButton>
        }
      >
        {m.notFoundWhy}
      </Empty>
    );
  if (!found.data?.rental)
    return found.isError ? (
      <ErrorNote error={found.error} onRetry={() => void found.refetch()} />
    ) : (
      <Loading label={w.loading} />
    );
  const { rental } = found.data;
  return (
    <Page title={m.page(rentId)} actions={<StateOf rental={rental} />}>
      <Asked query={found} />
      <Open told={found.data} rental={rental} />
    </Page>
  );
}

function StateOf({ rental }: { rental: Rental }) {
  const ofRentals = useMessages(rentalWords);
  const name = stateName(rental);
  return (
    <Badge tone={stateTones[name]} dot>
      {ofRentals.states[name]}
    </Badge>
  );
}

function Open({ told, rental }: { told: QueryExplainResponse; rental: Rental }) {
  const m = useMessages(messages);
  const { active } = useWallet();
  const own = active?.address === rental.renter;
  const { session, asked, reload } = useSession(rental, active?.address);
  const known = useKnown(rental, session);
  const trying = own && rental.state === RentalState.TRIAL;
  return (
    <Columns
      urgent={
        isOpen(rental) && <Deadline told={told} rental={rental} own={own} session={session} tried={hasRun(known)} />
      }
      side={
        <>
          <Money told={told} rental={rental} />
          {isOpen(rental) && own && session && (
            <Boundary>
              <Share rental={rental} session={session} />
            </Boundary>
          )}
        </>
      }
    >
      {!isOpen(rental) && <After rental={rental} own={own} />}
      {trying && <TrialSteps known={known} />}
      {isOpen(rental) && !own && (
        <Banner tone={session ? "info" : "warn"} title={session ? m.byLink : m.foreign}>
          {!session && m.foreignWhy(rental.renter)}
        </Banner>
      )}
      {isOpen(rental) && <Asked query={asked} />}
      {isOpen(rental) && session === null && own && <SignIn rental={rental} onDone={reload} />}
      {isOpen(rental) && session && (
        <Boundary>
          <VirtualMachines rental={rental} session={session} own={own} onLost={reload} />
        </Boundary>
      )}
      {isOpen(rental) && session && (
        <Boundary>
          <Promised rental={rental} session={session} />
        </Boundary>
      )}
      <About rental={rental} />
    </Columns>
  );
}

function Money({ told, rental }: { told: QueryExplainResponse; rental: Rental }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const ofRentals = useMessages(rentalWords);
  const format = useFormat();
  const over = !isOpen(rental);
  const settling = shares(told).find(({ place }) => place === "settling");
  const back = cameBack(told);
  const parts = back.some(({ place }) => place !== "renter") ? back : [];
  const sum = back.reduce((all, { amount }) => all + amount, 0n);
  return (
    <Card title={m.money}>
      <Facts
        wide
        rows={[
          [m.paid, format.dbc(rental.paid)],
          [over ? m.feePaid : w.fee, format.dbc(rental.fee)],
          !settling && [over ? m.earnedAll : m.earned, format.dbc(told.earned)],
          !over && [w.unearned, format.dbc(told.unearned)],
          settling && rental.claimed > 0n && [m.claimed, format.dbc(rental.claimed)],
          settling && [m.settling, format.dbc(settling.amount)],
          ...parts.map(({ place, amount }) => [ofRentals.parts[place], format.dbc(amount)] as const),
          over && !settling && [m.back, <strong key="back">{format.dbc(sum)}</strong>],
          rental.outageNs > 0n && [m.outage, format.duration(Number(rental.outageNs / 1_000_000_000n))],
        ]}
      />
    </Card>
  );
}

function About({ rental }: { rental: Rental }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  return (
    <Card
      title={m.machine}
      actions={
        <LinkButton size="small" variant="ghost" to={`/rentals/${rental.id}/explain`}>
          {m.explain}
        </LinkButton>
      }
    >
      <Facts
        rows={[
          [
            m.machine,
            <Link key="m" to={`/machines/${rental.machineId}`}>
              <code>{rental.machineId.slice(0, 12)}…</code>
            </Link>,
          ],
          [m.slotsOf, rental.slots.join(", ")],
          [m.start, format.time(new Date(ms(rental.start)))],
          [w.end, format.time(new Date(ms(rental.end)))],
          [m.renter, <Hash key="r" text={rental.renter} what={m.renter} head={10} />],
          rental.state === RentalState.TRIAL && [m.confirmBefore, format.time(new Date(ms(rental.deadline)))],
        ]}
      />
    </Card>
  );
}
