import { columnVisibilityFeature, createColumnHelper, tableFeatures } from "@tanstack/react-table";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { useFormat } from "../i18n/format";
import { perHour } from "../money/udbc";
import { Badge } from "../ui/Badge";
import { Hash } from "../ui/Copy";
import type { Machine } from "./api";
import type { messages } from "./messages";
import { gpuWords, leastVram, standing, tones } from "./words";

type M = (typeof messages)["en"];
type F = ReturnType<typeof useFormat>;

export type ColumnId = keyof M["column"];

interface Spec {
  id: ColumnId;
  /** sort is the search's order of this column. */
  sort?: string;
  /** width in fr of the table's grid, with its least in px. */
  width: string;
  right?: boolean;
  shown: boolean;
}

/** specs are all columns in their order; the first is always shown. */
export const specs: readonly Spec[] = [
  { id: "gpu", sort: "gpu_count", width: "minmax(190px, 2fr)", shown: true },
  { id: "free", sort: "free_slots", width: "minmax(76px, 0.7fr)", right: true, shown: true },
  { id: "vram", sort: "vram_mib", width: "minmax(84px, 0.7fr)", right: true, shown: true },
  { id: "cpu", sort: "cpu_cores", width: "minmax(92px, 0.8fr)", right: true, shown: true },
  { id: "memory", sort: "memory_mib", width: "minmax(96px, 0.8fr)", right: true, shown: true },
  { id: "disk", sort: "data_disk_gib", width: "minmax(92px, 0.8fr)", right: true, shown: true },
  { id: "net", sort: "download_mbps", width: "minmax(118px, 1fr)", right: true, shown: false },
  { id: "region", sort: "country", width: "minmax(130px, 1.1fr)", shown: true },
  { id: "price", sort: "price_per_day", width: "minmax(132px, 1fr)", right: true, shown: true },
  { id: "hour", width: "minmax(120px, 1fr)", right: true, shown: false },
  { id: "state", sort: "state", width: "minmax(104px, 0.8fr)", shown: true },
  { id: "id", width: "minmax(170px, 1.2fr)", shown: false },
  { id: "owner", width: "minmax(170px, 1.2fr)", shown: false },
];

export const features = tableFeatures({ columnVisibilityFeature });

const helper = createColumnHelper<typeof features, Machine>();

/** place is where a machine is, in the language of the page. */
export function place(machine: Pick<Machine, "city" | "country">, format: F): string {
  return [machine.city, machine.country && format.country(machine.country)].filter(Boolean).join(", ") || "–";
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
  price: (machine, _, format) => <strong>{format.dbc(BigInt(machine.price_per_day))}</strong>,
  hour: (machine, _, format) => format.dbc(perHour(BigInt(machine.price_per_day))),
  state: (machine, m) => <StateBadge machine={machine} m={m} />,
  id: (machine, m) => <Hash text={machine.machine_id} what={m.column.id} />,
  owner: (machine, m) => <Hash text={machine.owner} what={m.column.owner} />,
};

/** columnsOf are the table's columns in the language of the page. */
export function columnsOf(m: M, format: F) {
  return specs.map(({ id }) =>
    helper.display({ id, header: m.column[id], cell: ({ row }) => cells[id](row.original, m, format) }),
  );
}
