import { columnVisibilityFeature, createColumnHelper, tableFeatures } from "@tanstack/react-table";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { useFormat } from "../i18n/format";
import type { Machine } from "../machine/api";
import { perHour } from "../money/udbc";
import { Badge } from "../ui/Badge";
import { Hash } from "../ui/Copy";
import type { texts } from "./texts";
import { gpuWords, leastVram, standing, tones } from "./words";

type M = (typeof texts)["en"];
type F = ReturnType<typeof useFormat>;

export type ColumnId = keyof M["column"];

interface Spec {
  id: ColumnId;
  /** sort is the name of this column's order in a search. */
  sort?: string;
  /** least width in px; share of the remaining width, in fr of the table's grid. */
  least: number;
  share: number;
  right?: boolean;
  shown: boolean;
}

/** specs are all columns in order; the first is always shown. */
export const specs: readonly Spec[] = [
  { id: "gpu", sort: "gpu_count", least: 136, share: 1.6, shown: true },
  { id: "free", sort: "free_slots", least: 56, share: 0.7, right: true, shown: true },
  { id: "vram", sort: "vram_mib", least: 68, share: 0.7, right: true, shown: true },
  { id: "cpu", sort: "cpu_cores", least: 70, share: 0.8, right: true, shown: true },
  { id: "memory", sort: "memory_mib", least: 72, share: 0.8, right: true, shown: true },
  { id: "disk", sort: "data_disk_gib", least: 68, share: 0.8, right: true, shown: true },
  { id: "net", sort: "download_mbps", least: 118, share: 1, right: true, shown: false },
  { id: "region", sort: "country", least: 106, share: 2, shown: true },
  { id: "gpuHour", sort: "gpu_price_per_day", least: 108, share: 1, right: true, shown: true },
  { id: "price", sort: "price_per_day", least: 98, share: 1, right: true, shown: true },
  { id: "machineDay", sort: "machine_price_per_day", least: 104, share: 1, right: true, shown: true },
  { id: "notice", sort: "exit_notice_seconds", least: 104, share: 0.8, right: true, shown: false },
  { id: "state", sort: "state", least: 126, share: 0.8, shown: true },
  { id: "id", least: 170, share: 1.2, shown: false },
  { id: "owner", least: 170, share: 1.2, shown: false },
];

/**
 * standardColumns returns the columns of an address that names none: the exit
 * notice is one of them where it is asked for.
 */
export function standardColumns(params: URLSearchParams): ColumnId[] {
  return specs.filter((s) => s.shown || (s.id === "notice" && params.has("notice"))).map((s) => s.id);
}

/**
 * shownColumns returns the columns that an address names, or else the standard
 * ones. The first is always included.
 */
export function shownColumns(params: URLSearchParams): ColumnId[] {
  const told = params.get("cols")?.split(",");
  if (!told) return standardColumns(params);
  return specs.filter((s, place) => place === 0 || told.includes(s.id)).map((s) => s.id);
}

/** gap in px between columns, and between the outer ones and the edge. */
const gap = 10;
const edge = 14;

/**
 * gridOf lays out the columns, identically in the header and in each row: none
 * can grow with its content.
 */
export function gridOf(shown: readonly ColumnId[]): Record<`--${string}`, string> {
  const those = specs.filter((s) => shown.includes(s.id));
  const least = those.reduce((sum, s) => sum + s.least + gap, 2 * edge - gap);
  return {
    "--columns": those.map((s) => `minmax(${s.least}px, ${s.share}fr)`).join(" "),
    "--gap": `${gap}px`,
    "--edge": `${edge}px`,
    "--least": `${least}px`,
  };
}

export const features = tableFeatures({ columnVisibilityFeature });

const helper = createColumnHelper<typeof features, Machine>();

/** place returns the location of a machine, in the language of the page. */
export function place(machine: Pick<Machine, "city" | "country">, format: F): string {
  return [machine.city, machine.country && format.country(machine.country)].filter(Boolean).join(", ") || "–";
}

/** mainPrice returns a machine's price in one line, with what it covers. */
export function mainPrice(machine: Machine, m: M, format: F): string {
  return machine.gpu_count > 0
    ? m.perGpuHour(format.dbc(perHour(BigInt(machine.gpu_price_per_day))))
    : m.perMachine(format.dbc(BigInt(machine.machine_price_per_day)));
}

/** prices returns all prices of a machine, each with what it covers. */
export function prices(machine: Machine, m: M, format: F): string {
  const all = machine.slots.length > 1 || machine.gpu_count > 0;
  return [
    machine.gpu_count > 0 && mainPrice(machine, m, format),
    all && m.perSlot(format.dbc(BigInt(machine.price_per_day))),
    m.perMachine(format.dbc(BigInt(machine.machine_price_per_day))),
  ]
    .filter(Boolean)
    .join(" · ");
}

export function StateBadge({ machine, m }: { machine: Machine; m: M }) {
  const now = standing(machine);
  const words = { ...m.states, full: m.full, draining: m.draining };
  return (
    <Badge tone={tones[now]} dot>
      {words[now]}
    </Badge>
  );
}

const cells: Record<ColumnId, (machine: Machine, m: M, format: F) => ReactNode> = {
  gpu: (machine, m) => (
    <Link to={`/machines/${machine.machine_id}`}>{gpuWords(machine.slots) || `${m.noGpu} · ${machine.cpu_model}`}</Link>
  ),
  free: (machine, m) => m.freeOf(machine.free_slots.length, machine.slots.length),
  vram: (machine, _, format) => (leastVram(machine) ? format.gib(leastVram(machine)) : "–"),
  cpu: (machine, m, format) => m.cores(format.number(machine.cpu_cores)),
  memory: (machine, _, format) => format.gib(machine.memory_mib),
  disk: (machine, _, format) => format.gib(machine.data_disk_gib * 1024),
  net: (machine, m, format) => m.mbps(format.number(machine.download_mbps), format.number(machine.upload_mbps)),
  region: (machine, _, format) => place(machine, format),
  gpuHour: (machine, _, format) =>
    machine.gpu_count ? <strong>{format.dbc(perHour(BigInt(machine.gpu_price_per_day)))}</strong> : "–",
  price: (machine, _, format) => format.dbc(BigInt(machine.price_per_day)),
  machineDay: (machine, _, format) => format.dbc(BigInt(machine.machine_price_per_day)),
  notice: (machine, _, format) => (machine.exit_notice_seconds ? format.duration(machine.exit_notice_seconds, 3) : "–"),
  state: (machine, m) => <StateBadge machine={machine} m={m} />,
  id: (machine, m) => <Hash text={machine.machine_id} what={m.column.id} />,
  owner: (machine, m) => <Hash text={machine.owner} what={m.column.owner} />,
};

/** columnsOf returns the table's columns in the language of the page. */
export function columnsOf(m: M, format: F) {
  return specs.map(({ id }) =>
    helper.display({ id, header: m.column[id], cell: ({ row }) => cells[id](row.original, m, format) }),
  );
}
