import { Server } from "lucide-react";
import { Link } from "react-router";
import { Opening } from "../accounts/Opening";
import type { Listing } from "../gen/dbc/machine/v1/query_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { Asked } from "../ui/Asked";
import { LinkButton } from "../ui/Button";
import { Command } from "../ui/Copy";
import { Empty } from "../ui/Empty";
import { Card, Page } from "../ui/Layout";
import { type Column, Table } from "../ui/Table";
import { useWallet } from "../wallet/store";
import { useHosted } from "./books";
import { rented } from "./rights";
import { StateBadges } from "./StateBadges";
import { gpus, short } from "./states";
import { words } from "./words";

const messages = define({
  en: {
    title: "Host",
    lead: "The machines that this account owns or operates, what they earn, and what you can do with them.",
    noAccount: "Machines belong to an account. Set one up, or open the wallet.",
    toWallet: "Open the wallet",
    none: "This account has no machines",
    noneWhy:
      "A machine is put on the market from its own computer, since its key signs what it has. Set up a node there, then:",
    bondCommand: "the command",
    noGpu: "no GPU",
  },
  zh: {
    title: "出租方",
    lead: "以此账户为所有者、运维账户或收款地址的机器，以及收入和可进行的操作。",
    noAccount: "机器属于某个账户。请设置或打开钱包。",
    toWallet: "打开钱包",
    none: "此账户没有机器",
    noneWhy: "机器须在宿主机上登记，因为机器参数由机器密钥签名。请先在宿主机上安装节点，然后运行：",
    bondCommand: "命令",
    noGpu: "无 GPU",
  },
});

/** HostPage lists the machines of the chosen account. */
export default function HostPage() {
  const m = useMessages(messages);
  const w = useMessages(words);
  const { ready, active } = useWallet();
  const hosted = useHosted(active?.address ?? "");
  if (!ready) return <Opening label={m.title} />;
  return (
    <Page title={m.title} lead={m.lead}>
      {!active && (
        <Empty
          icon={<Server aria-hidden="true" />}
          title={m.noAccount}
          action={
            <LinkButton variant="primary" to="/wallet">
              {m.toWallet}
            </LinkButton>
          }
        />
      )}
      {active && <Asked query={hosted} label={w.loading} />}
      {hosted.data && (hosted.data.length > 0 ? <Hosted listings={hosted.data} /> : <None />)}
    </Page>
  );
}

function None() {
  const m = useMessages(messages);
  return (
    <Empty
      icon={<Server aria-hidden="true" />}
      title={m.none}
      action={<Command text="dbc host bond --price 100" what={m.bondCommand} />}
    >
      {m.noneWhy}
    </Empty>
  );
}

function Hosted({ listings }: { listings: readonly Listing[] }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const rows = listings.flatMap((listing) => (listing.machine ? [{ listing, machine: listing.machine }] : []));
  const columns: Column<(typeof rows)[number]>[] = [
    {
      name: w.col.machine,
      cell: ({ machine: { id } }) => (
        <Link to={`/host/${id}`} className="mono" aria-label={w.machine(short(id))}>
          {short(id)}
        </Link>
      ),
    },
    { name: w.col.state, cell: ({ machine }) => <StateBadges machine={machine} /> },
    { name: w.col.gpus, cell: ({ machine }) => gpus(machine) || m.noGpu },
    {
      name: w.col.slots,
      right: true,
      cell: ({ listing, machine }) => `${rented(listing)} / ${machine.facts?.slots.length ?? 0}`,
    },
    { name: w.col.price, right: true, cell: ({ machine }) => format.dbc(machine.pricePerDay) },
    { name: w.col.stake, right: true, cell: ({ machine }) => format.dbc(machine.stake) },
  ];
  return (
    <Card label={m.title} flush>
      <Table label={m.title} columns={columns} rows={rows} rowKey={({ machine }) => machine.id} />
    </Card>
  );
}
