import type { MachineQuery } from "../machine/api";
import { HOUR, parseDuration } from "../money/duration";
import { typed } from "../money/typed";
import { parseDbc } from "../money/udbc";

/**
 * The table's filters are stored in the address, so that a view can be
 * bookmarked and shared.
 */

export type Availability = "free" | "online" | "all";

export const textFilters = ["country", "city", "owner", "operator"] as const;

interface NumberFilter {
  /** name in the address. */
  name: string;
  /** filter of the search, and how many of its units make one of the field's. */
  filter: string;
  times: bigint;
}

export const numberFilters = [
  { name: "gpus", filter: "gpu_count_min", times: 1n },
  { name: "vram", filter: "vram_mib_min", times: 1024n },
  { name: "cpu", filter: "cpu_cores_min", times: 1n },
  { name: "memory", filter: "memory_mib_min", times: 1024n },
  { name: "disk", filter: "data_disk_gib_min", times: 1n },
  { name: "down", filter: "download_mbps_min", times: 1n },
  { name: "up", filter: "upload_mbps_min", times: 1n },
] as const satisfies readonly NumberFilter[];

/** priceFilters bound a price per time; times converts that to a day. */
export const priceFilters = [
  { name: "gpuHour", filter: "gpu_price_per_day_max", times: 24n },
  { name: "machineDay", filter: "machine_price_per_day_max", times: 1n },
  { name: "price", filter: "price_per_day_max", times: 1n },
] as const satisfies readonly NumberFilter[];

/** durationFilters bound a length of time that people type like a rental's. */
export const durationFilters = [{ name: "notice", filter: "exit_notice_seconds_max", least: HOUR }] as const;

export type FilterName =
  | (typeof numberFilters)[number]["name"]
  | (typeof textFilters)[number]
  | (typeof priceFilters)[number]["name"]
  | (typeof durationFilters)[number]["name"];

export const sortable = [
  "gpu_price_per_day",
  "machine_price_per_day",
  "price_per_day",
  "gpu_count",
  "free_slots",
  "vram_mib",
  "cpu_cores",
  "memory_mib",
  "data_disk_gib",
  "download_mbps",
  "country",
  "exit_notice_seconds",
  "state",
] as const;

/**
 * availability returns that of an address. The default is machines that can be
 * rented now.
 */
export function availability(params: URLSearchParams): Availability {
  const told = params.get("show");
  return told === "online" || told === "all" ? told : "free";
}

/** order returns that of an address. The default is the cheapest first. */
export function order(params: URLSearchParams): string {
  const told = params.get("sort") ?? "";
  return (sortable as readonly string[]).includes(told.replace(/^-/, "")) ? told : "price_per_day";
}

/**
 * toQuery parses an address. What is not a valid number is ignored and named in
 * invalid.
 */
export function toQuery(params: URLSearchParams): { query: MachineQuery; invalid: FilterName[] } {
  const filters: MachineQuery["filters"] = {};
  const invalid: FilterName[] = [];
  const show = availability(params);
  if (show !== "all") filters.state = "online";
  if (show === "free") filters.free_slots_min = "1";
  const gpus = params.getAll("gpu");
  if (gpus.length) filters.gpu_type = gpus;
  for (const { name, filter, times } of numberFilters) {
    const text = typed(params.get(name) ?? "").trim();
    if (!text) continue;
    if (/^\d{1,9}$/.test(text)) filters[filter] = (BigInt(text) * times).toString();
    else invalid.push(name);
  }
  for (const name of textFilters) {
    const text = params.get(name)?.trim();
    if (text) filters[name] = name === "city" ? text : idOf(name, text);
  }
  for (const { name, filter, times } of priceFilters) {
    const text = params.get(name)?.trim();
    if (!text) continue;
    const udbc = parseDbc(text);
    if (udbc !== null) filters[filter] = (udbc * times).toString();
    else invalid.push(name);
  }
  for (const { name, filter, least } of durationFilters) {
    const text = params.get(name)?.trim();
    if (!text) continue;
    const seconds = parseDuration(text) ?? 0;
    if (seconds >= least) filters[filter] = seconds.toString();
    else invalid.push(name);
  }
  return { query: { filters, order: order(params) }, invalid };
}

/** idOf returns a country code or an address in the chain's spelling. */
function idOf(name: string, text: string): string {
  return name === "country" ? typed(text).toUpperCase() : typed(text).toLowerCase();
}

/** with sets or, if empty, removes one name of an address. */
export function withParam(params: URLSearchParams, name: string, value: string | readonly string[]): URLSearchParams {
  const next = new URLSearchParams(params);
  next.delete(name);
  for (const v of typeof value === "string" ? [value] : value) if (v !== "" || name === "gpu") next.append(name, v);
  return next;
}
