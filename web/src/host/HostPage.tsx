import { Server } from "lucide-react";
import { Link } from "react-router";
import type { Listing } from "../gen/dbc/machine/v1/query_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { Asked } from "../ui/Asked";
import { LinkButton } from "../ui/Button";
import { Command } from "../ui/Copy";
import { Empty } from "../ui/Empty";
import { Card, Page } from "../ui/Layout";
import { type Column, Table } from "../ui/Table";
import { Opening } from "../wallet/Opening";
import { useWallet } from "../wallet/store";
import { useHosted } from "./books";
import { messages } from "./messages";
import { rented } from "./rights";
import { StateBadges } from "./StateBadges";
import { gpus, short } from "./states";

/** HostPage lists the machines of the chosen account. */
export default function HostPage() {
  const m = useMessages(messages);
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
      {active && <Asked query={hosted} label={m.loading} />}
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
  const format = useFormat();
  const rows = listings.flatMap((listing) => (listing.machine ? [{ listing, machine: listing.machine }] : []));
  const columns: Column<(typeof rows)[number]>[] = [
    {
      name: m.col.machine,
      cell: ({ machine: { id } }) => (
        <Link to={`/host/${id}`} className="mono" aria-label={m.machine(short(id))}>
          {short(id)}
        </Link>
      ),
    },
    { name: m.col.state, cell: ({ machine }) => <StateBadges machine={machine} /> },
    { name: m.col.gpus, cell: ({ machine }) => gpus(machine) || m.noGpu },
    {
      name: m.col.slots,
      right: true,
      cell: ({ listing, machine }) => `${rented(listing)} / ${machine.facts?.slots.length ?? 0}`,
    },
    { name: m.col.price, right: true, cell: ({ machine }) => format.dbc(machine.pricePerDay) },
    { name: m.col.stake, right: true, cell: ({ machine }) => format.dbc(machine.stake) },
  ];
  return (
    <Card label={m.title} flush>
      <Table label={m.title} columns={columns} rows={rows} rowKey={({ machine }) => machine.id} />
    </Card>
  );
}
