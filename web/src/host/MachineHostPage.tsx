import { timestampDate } from "@bufbuild/protobuf/wkt";
import { ArrowLeft } from "lucide-react";
import { useParams } from "react-router";
import { useChainQuery } from "../chain/hooks";
import type { Machine, Params } from "../gen/dbc/machine/v1/machine_pb";
import { type Listing, Query } from "../gen/dbc/machine/v1/query_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { ChainError } from "../node/errors";
import { LinkButton } from "../ui/Button";
import { Hash } from "../ui/Copy";
import { Empty } from "../ui/Empty";
import { ErrorNote } from "../ui/ErrorNote";
import { Card, Columns, Facts, Page } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { useWallet } from "../wallet/store";
import { Actions } from "./Actions";
import { ChallengeNote } from "./ChallengeNote";
import { Earnings } from "./Earnings";
import { rented } from "./rights";
import { StateBadges } from "./StateBadges";
import { short } from "./states";
import { words } from "./words";

const messages = define({
  en: {
    all: "All my machines",
    notFound: "There is no machine with this id",
    listing: "Listing",
    id: "Machine id",
    owner: "Owner",
    operator: "Operator",
    payout: "Payout address",
    you: "this account",
    offlineSince: "Offline since",
    drainFrom: "No rental beyond",
    stakeOf: (stake: string, required: string) => `${stake} of ${required} needed`,
    publicPage: "As renters see it",
  },
  zh: {
    all: "我的全部机器",
    notFound: "没有该 ID 的机器",
    listing: "挂牌信息",
    id: "机器 ID",
    owner: "所有者",
    operator: "运维账户",
    payout: "收款地址",
    you: "当前账户",
    offlineSince: "离线自",
    drainFrom: "租用不得晚于",
    stakeOf: (stake, required) => `${stake}，需要 ${required}`,
    publicPage: "租用方看到的页面",
  },
});

/** MachineHostPage is one machine as its host sees it. */
export default function MachineHostPage() {
  const m = useMessages(messages);
  const w = useMessages(words);
  const { machineId = "" } = useParams();
  const found = useChainQuery(Query.method.machine, { machineId });
  const params = useChainQuery(Query.method.params, {}, { staleTime: 60_000 });
  const back = (
    <div>
      <LinkButton to="/host" size="small" variant="ghost" icon={<ArrowLeft aria-hidden="true" />}>
        {m.all}
      </LinkButton>
    </div>
  );
  if (found.error instanceof ChainError) return <Empty title={m.notFound} action={back} />;
  const listing = found.data?.listing;
  const machine = listing?.machine;
  const rules = params.data?.params;
  const error = found.error ?? params.error;
  return (
    <Page before={back} title={w.machine(short(machineId))} actions={machine && <StateBadges machine={machine} />}>
      {error && <ErrorNote error={error} onRetry={() => void found.refetch()} />}
      {listing && machine && rules
        ? machine && <Hosted listing={listing} machine={machine} params={rules} />
        : !error && <Loading label={w.loading} />}
    </Page>
  );
}

function Hosted({ listing, machine, params }: { listing: Listing; machine: Machine; params: Params }) {
  return (
    <Columns side={<About listing={listing} machine={machine} />}>
      {machine.openChallenges.slice(0, 1).map((oldest) => (
        <ChallengeNote key={oldest} id={oldest} />
      ))}
      <Earnings machine={machine} />
      <Actions listing={listing} machine={machine} params={params} />
    </Columns>
  );
}

function About({ listing, machine }: { listing: Listing; machine: Machine }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const { active } = useWallet();
  const who = (address: string, what: string) =>
    address === active?.address ? m.you : <Hash text={address} what={what} head={10} tail={4} />;
  return (
    <Card
      title={m.listing}
      actions={
        <LinkButton size="small" variant="ghost" to={`/machines/${machine.id}`}>
          {m.publicPage}
        </LinkButton>
      }
    >
      <Facts
        wide
        rows={[
          [m.id, <Hash key="id" text={machine.id} what={m.id} />],
          [m.owner, who(machine.owner, m.owner)],
          [m.operator, who(machine.operator, m.operator)],
          [m.payout, who(machine.payout, m.payout)],
          [w.col.price, format.dbc(machine.pricePerDay)],
          [w.col.slots, `${rented(listing)} / ${machine.facts?.slots.length ?? 0}`],
          [w.col.stake, m.stakeOf(format.dbc(machine.stake), format.dbc(machine.stakeRequired))],
          machine.offlineSince && [m.offlineSince, format.time(timestampDate(machine.offlineSince))],
          machine.drainFrom && [m.drainFrom, format.time(timestampDate(machine.drainFrom))],
        ]}
      />
    </Card>
  );
}
