import { post } from "../node/api";

/** Machine is a listing in the client node's index. */
export interface Machine {
  machine_id: string;
  owner: string;
  operator: string;
  state: MachineState;
  gpu_count: number;
  slots: { kind: "gpu" | "test" | "none"; gpu_type: string; gpu_count: number; vram_mib: number }[];
  free_slots: number[];
  cpu_model: string;
  cpu_cores: number;
  cpu_mhz: number;
  memory_mib: number;
  system_disk_gib: number;
  data_disk_gib: number;
  upload_mbps: number;
  download_mbps: number;
  country: string;
  city: string;
  operators: string[];
  keep_disk_policy: "firm" | "evict";
  /**
   * uefi, or the number of a feature that this version does not know; likewise
   * delivery: vm or a number.
   */
  features: string[];
  delivery: string;
  public_ip: string;
  port_first: number;
  port_last: number;
  /**
   * udbc per day for a slot; for a GPU, rounded up; and for all slots. Without
   * GPUs all three are the machine's price.
   */
  price_per_day: string;
  gpu_price_per_day: string;
  machine_price_per_day: string;
  /** exit_notice_seconds is how long a renter who leaves still pays; 0 where confirmed rent does not come back. */
  exit_notice_seconds: number;
  stake: string;
  stake_required: string;
  listing_version: number;
  drain_from?: string;
  offline_since?: string;
}

export type MachineState = "bonded" | "online" | "offline" | "retired";

export interface MachinePage {
  machines: Machine[];
  next: string;
  total: number;
  by_gpu_type: { gpu_type: string; idle: number; total: number }[];
  height: number;
}

export interface MachineQuery {
  filters: Record<string, string | string[]>;
  order: string;
}

/**
 * The first page is small to arrive soon; when scrolling further, pages have
 * the maximum size.
 */
const firstPage = 100;
const furtherPage = 500;

export function searchMachines(query: MachineQuery, cursor: string, signal: AbortSignal): Promise<MachinePage> {
  return post("/api/v1/machines", { ...query, cursor, limit: cursor ? furtherPage : firstPage }, signal);
}

/** findMachine returns one machine, including a retired one, or undefined. */
export async function findMachine(id: string, signal?: AbortSignal): Promise<Machine | undefined> {
  const filters = { machine_id: id, state: ["bonded", "online", "offline", "retired"] };
  const page = await post<MachinePage>("/api/v1/machines", { filters, limit: 1 }, signal);
  return page.machines[0];
}
