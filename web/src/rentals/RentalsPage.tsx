import { useInfiniteQuery } from "@tanstack/react-query";
import { Server } from "lucide-react";
import { Link, useSearchParams } from "react-router";
import { chainKey, unmoved } from "../chain/key";
import { query } from "../chain/query";
import { Query } from "../gen/dbc/rental/v1/query_pb";
import { type Rental, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { Asked } from "../ui/Asked";
import { Badge } from "../ui/Badge";
import { Button, LinkButton } from "../ui/Button";
import { Choices } from "../ui/Choices";
import { Empty } from "../ui/Empty";
import { Card, Page } from "../ui/Layout";
import { Table } from "../ui/Table";
import { useNow } from "../ui/useNow";
import { Opening } from "../wallet/Opening";
import { useWallet } from "../wallet/store";
import { isOpen, ms, stateName, stateTones } from "./chain";
import { messages } from "./messages";

const pageSize = 25n;

/** RentalsPage is what the account in use has rented. */
export default function RentalsPage() {
  const m = useMessages(messages);
  const { ready, active } = useWallet();
  if (!ready) return <Opening label={m.loading} />;
  return (
    <Page title={m.title} lead={m.lead}>
      {active ? (
        <List renter={active.address} />
      ) : (
        <Empty
          title={m.noWallet}
          action={
            <LinkButton variant="primary" to="/wallet">
              {m.toWallet}
            </LinkButton>
          }
        />
      )}
    </Page>
  );
}

function List({ renter }: { renter: string }) {
  const m = useMessages(messages);
  const [params, setParams] = useSearchParams();
  const all = params.has("all");
  const found = useInfiniteQuery({
    queryKey: [chainKey, "rentals", renter, all],
    queryFn: ({ pageParam, signal }) =>
      query(
        Query.method.rentalsByRenter,
        { renter, openOnly: !all, pagination: { key: pageParam, limit: pageSize } },
        signal,
      ),
    initialPageParam: new Uint8Array() as Uint8Array,
    getNextPageParam: (last) => (last.pagination?.nextKey.length ? last.pagination.nextKey : undefined),
    refetchInterval: unmoved,
  });
  const rentals = found.data?.pages.flatMap((page) => page.rentals);
  return (
    <>
      <Choices
        label={m.col.state}
        hideLabel
        value={all ? "all" : "open"}
        onChange={(value) => setParams(value === "all" ? { all: "1" } : {})}
        choices={[
          { value: "open", label: m.openOnly },
          { value: "all", label: m.allOf },
        ]}
      />
      <Asked query={found} label={m.loading} />
      {rentals && (
        <Card label={m.title} flush>
          {rentals.length === 0 ? (
            <Empty
              icon={<Server aria-hidden="true" />}
              title={m.none}
              action={
                <LinkButton variant="primary" to="/machines">
                  {m.find}
                </LinkButton>
              }
            >
              {m.noneWhy}
            </Empty>
          ) : (
            <Rows rentals={rentals} />
          )}
        </Card>
      )}
      {found.hasNextPage && (
        <div>
          <Button busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {m.more}
          </Button>
        </div>
      )}
    </>
  );
}

function Rows({ rentals }: { rentals: Rental[] }) {
  const m = useMessages(messages);
  const format = useFormat();
  const now = useNow();
  const left = (rental: Rental) => {
    if (!isOpen(rental)) return "–";
    const until = rental.state === RentalState.TRIAL ? rental.deadline : rental.end;
    return format.duration(Math.max(0, (ms(until) - now) / 1_000));
  };
  return (
    <Table
      label={m.title}
      rows={rentals}
      rowKey={(rental) => rental.id.toString()}
      columns={[
        { name: m.col.id, cell: (rental) => <Link to={`/rentals/${rental.id}`}>{rental.id.toString()}</Link> },
        {
          name: m.col.state,
          cell: (rental) => (
            <Badge tone={stateTones[stateName(rental)]} dot>
              {m.states[stateName(rental)]}
            </Badge>
          ),
        },
        { name: m.col.left, cell: left },
        {
          name: m.col.machine,
          cell: (rental) => (
            <Link to={`/machines/${rental.machineId}`}>
              <code>{rental.machineId.slice(0, 10)}…</code>
            </Link>
          ),
        },
        { name: m.col.paid, right: true, cell: (rental) => format.dbc(rental.paid + rental.fee) },
        { name: m.col.start, right: true, cell: (rental) => format.time(new Date(ms(rental.start))) },
        {
          name: m.col.explain,
          right: true,
          cell: (rental) => <Link to={`/rentals/${rental.id}/explain`}>{m.col.explain}</Link>,
        },
      ]}
    />
  );
}
