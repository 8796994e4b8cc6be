import { Link, useParams } from "react-router";
import { useChainQuery } from "../chain/hooks";
import { unmoved } from "../chain/key";
import { cameBack, shares } from "../explain/story";
import { Query, type QueryExplainResponse } from "../gen/dbc/rental/v1/query_pb";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { isMissing } from "../node/errors";
import { Asked } from "../ui/Asked";
import { Badge } from "../ui/Badge";
import { Banner } from "../ui/Banner";
import { LinkButton } from "../ui/Button";
import { Hash } from "../ui/Copy";
import { Empty } from "../ui/Empty";
import { ErrorNote } from "../ui/ErrorNote";
import { Card, Columns, Facts, Page } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { useWallet } from "../wallet/store";
import { After } from "./After";
import { isOpen, ms, stateName, stateTones } from "./chain";
import { Deadline } from "./Deadline";
import { messages } from "./messages";
import { hasRun } from "./progress";
import { Share } from "./Share";
import { SignIn } from "./SignIn";
import { TrialSteps } from "./TrialSteps";
import { useSession } from "./useSession";
import { useKnown } from "./useTasks";
import { VirtualMachines } from "./VirtualMachines";

/** outageGrows: the right to end the rental comes with time, and not with a block. */
function outageGrows(told: QueryExplainResponse | undefined): boolean {
  const said = told?.renterBreak;
  return Boolean(said?.outage && !said.until && (said.outage.seconds > 0n || said.outage.nanos > 0));
}

/** RentalPage is a rental from its first minute to its end. */
export default function RentalPage() {
  const m = useMessages(messages);
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
            {m.title}
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
      <Loading label={m.loading} />
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
  const m = useMessages(messages);
  const name = stateName(rental);
  return (
    <Badge tone={stateTones[name]} dot>
      {m.states[name]}
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
          {isOpen(rental) && own && session && <Share rental={rental} session={session} />}
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
      {isOpen(rental) && session && <VirtualMachines rental={rental} session={session} own={own} onLost={reload} />}
      <About rental={rental} />
    </Columns>
  );
}

function Money({ told, rental }: { told: QueryExplainResponse; rental: Rental }) {
  const m = useMessages(messages);
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
          [over ? m.feePaid : m.fee, format.dbc(rental.fee)],
          !settling && [over ? m.earnedAll : m.earned, format.dbc(told.earned)],
          !over && [m.unearned, format.dbc(told.unearned)],
          settling && rental.claimed > 0n && [m.claimed, format.dbc(rental.claimed)],
          settling && [m.settling, format.dbc(settling.amount)],
          ...parts.map(({ place, amount }) => [m.parts[place], format.dbc(amount)] as const),
          over && !settling && [m.back, <strong key="back">{format.dbc(sum)}</strong>],
          rental.outageNs > 0n && [m.outage, format.duration(Number(rental.outageNs / 1_000_000_000n))],
        ]}
      />
    </Card>
  );
}

function About({ rental }: { rental: Rental }) {
  const m = useMessages(messages);
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
          [m.end, format.time(new Date(ms(rental.end)))],
          [m.renter, <Hash key="r" text={rental.renter} what={m.renter} head={10} />],
          rental.state === RentalState.TRIAL && [m.confirmBefore, format.time(new Date(ms(rental.deadline)))],
        ]}
      />
    </Card>
  );
}
