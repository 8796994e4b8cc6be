import { type InfiniteData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { type MachinePage, searchMachines } from "../machine/api";
import { Asked } from "../ui/Asked";
import { Button } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { Card, Page, Row } from "../ui/Layout";
import { useMedia } from "../ui/useMedia";
import { ColumnsMenu } from "./ColumnsMenu";
import { shownColumns } from "./columns";
import { FilterBar } from "./FilterBar";
import { toQuery } from "./filters";
import { GpuTypes } from "./GpuTypes";
import { MachineCards } from "./MachineCards";
import css from "./MachinesPage.module.css";
import { MachineTable } from "./MachineTable";
import { texts } from "./texts";

const messages = define({
  en: {
    lead: "Rent from anybody by the half hour. You have a trial to try the machine; until you confirm, the rent comes back.",
    count: (shown: string, total: string) => `${shown} of ${total} machines`,
    none: "No machine fits",
    noneWhy: "Loosen a filter, or show machines that are rented or offline too.",
  },
  zh: {
    lead: "以半小时为单位租用，先试用再确认；确认之前，租金可全额退回。",
    count: (shown, total) => `${shown} / ${total} 台机器`,
    none: "没有符合条件的机器",
    noneWhy: "请放宽筛选条件，或同时显示已出租和离线的机器。",
  },
});

/**
 * short: pages of a changing list are reloaded one after another, so only a
 * short list is.
 */
function short({ state }: { state: { data: InfiniteData<MachinePage> | undefined } }): boolean {
  return (state.data?.pages.length ?? 1) < 3;
}

/** MachinesPage is the market: GPU types, filters, and every matching machine. */
export default function MachinesPage() {
  const m = useMessages(messages);
  const w = useMessages(texts);
  const format = useFormat();
  const [params, setParams] = useSearchParams();
  const narrow = useMedia("(max-width: 760px)");
  const { query, invalid } = toQuery(params);
  const found = useInfiniteQuery({
    queryKey: ["machines", query],
    queryFn: ({ pageParam, signal }) => searchMachines(query, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (last: MachinePage) => last.next || undefined,
    placeholderData: (before) => before,
    refetchInterval: (asked) => (short(asked) ? 10_000 : false),
    refetchOnMount: short,
    refetchOnWindowFocus: short,
    refetchOnReconnect: short,
  });
  const machines = useMemo(() => found.data?.pages.flatMap((page) => page.machines) ?? [], [found.data]);
  const first = found.data?.pages[0];
  const list = {
    machines,
    total: first?.total ?? 0,
    hasMore: found.hasNextPage,
    readMore: () => void (found.isFetchingNextPage || found.fetchNextPage()),
    dim: found.isPlaceholderData,
  };
  return (
    <Page title={w.title} lead={m.lead}>
      {first && (first.by_gpu_type.length > 0 || params.has("gpu")) && (
        <GpuTypes types={first.by_gpu_type} params={params} onChange={setParams} />
      )}
      <FilterBar params={params} invalid={invalid} onChange={setParams} />
      <Asked query={found} label={w.loading} />
      {first && (
        <Card label={w.title} flush>
          <Row spread className={css.bar}>
            <span className="muted small num" role="status">
              {m.count(format.number(machines.length), format.number(first.total))}
            </span>
            {!narrow && <ColumnsMenu params={params} onChange={setParams} />}
          </Row>
          {machines.length === 0 ? (
            <Empty title={m.none} action={<Button onClick={() => setParams({ show: "all" })}>{w.clear}</Button>}>
              {m.noneWhy}
            </Empty>
          ) : narrow ? (
            <MachineCards {...list} />
          ) : (
            <MachineTable {...list} shown={shownColumns(params)} params={params} onSort={setParams} />
          )}
        </Card>
      )}
    </Page>
  );
}
