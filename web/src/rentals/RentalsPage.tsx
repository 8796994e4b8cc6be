import { useInfiniteQuery } from "@tanstack/react-query";
import { Server } from "lucide-react";
import { Link, useSearchParams } from "react-router";
import { Opening } from "../accounts/Opening";
import { chainKey, unmoved } from "../chain/key";
import { query } from "../chain/query";
import { Query } from "../gen/dbc/rental/v1/query_pb";
import { type Rental, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { isOpen, ms, stateName, stateTones } from "../rental/chain";
import { words as rentalWords } from "../rental/words";
import { Asked } from "../ui/Asked";
import { Badge } from "../ui/Badge";
import { Button, LinkButton } from "../ui/Button";
import { Choices } from "../ui/Choices";
import { Empty } from "../ui/Empty";
import { Card, Page } from "../ui/Layout";
import { Table } from "../ui/Table";
import { useNow } from "../ui/useNow";
import { useWallet } from "../wallet/store";
import { Kept } from "./Kept";
import { words } from "./words";

const messages = define({
  en: {
    lead: "Everything this account has rented, newest first.",
    none: "No rentals yet",
    noneWhy: "Pick a machine, rent it by the half hour, and try it before you pay for good.",
    find: "Find a machine",
    noWallet: "Your rentals are those of an account. Set one up, or open the wallet.",
    toWallet: "Open the wallet",
    openOnly: "Open",
    allOf: "All",
    col: {
      id: "Rental",
      machine: "Machine",
      state: "State",
      left: "Time left",
      paid: "Paid",
      start: "Began",
      explain: "Explain",
    },
    more: "Older ones",
  },
  zh: {
    lead: "此账户的所有租用，最新在前。",
    none: "还没有租用",
    noneWhy: "选一台机器，按半小时租用，先试用再确认。",
    find: "寻找机器",
    noWallet: "租用属于某个账户。请先设置或打开钱包。",
    toWallet: "打开钱包",
    openOnly: "进行中",
    allOf: "全部",
    col: { id: "租用", machine: "机器", state: "状态", left: "剩余时间", paid: "已付", start: "开始", explain: "说明" },
    more: "更早的",
  },
});

const pageSize = 25n;

/** RentalsPage lists what the active account has rented. */
export default function RentalsPage() {
  const m = useMessages(messages);
  const w = useMessages(words);
  const { ready, active } = useWallet();
  if (!ready) return <Opening label={w.loading} />;
  return (
    <Page title={w.title} lead={m.lead}>
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
  const w = useMessages(words);
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
      <Asked query={found} label={w.loading} />
      {rentals && (
        <Card label={w.title} flush>
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
      <Kept renter={renter} />
    </>
  );
}

function Rows({ rentals }: { rentals: Rental[] }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const ofRentals = useMessages(rentalWords);
  const format = useFormat();
  const now = useNow();
  const left = (rental: Rental) => {
    if (!isOpen(rental)) return "–";
    const until = rental.state === RentalState.TRIAL ? rental.deadline : rental.end;
    return format.duration(Math.max(0, (ms(until) - now) / 1_000));
  };
  return (
    <Table
      label={w.title}
      rows={rentals}
      rowKey={(rental) => rental.id.toString()}
      columns={[
        { name: m.col.id, cell: (rental) => <Link to={`/rentals/${rental.id}`}>{rental.id.toString()}</Link> },
        {
          name: m.col.state,
          cell: (rental) => (
            <Badge tone={stateTones[stateName(rental)]} dot>
              {ofRentals.states[stateName(rental)]}
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
