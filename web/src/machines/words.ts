import type { Machine } from "../machine/api";
import type { Tone } from "../ui/Badge";

/**
 * gpuWords describes a machine's GPUs: "4 × RTX 4090", several kinds joined; ""
 * without any.
 */
export function gpuWords(slots: readonly { gpu_type: string; gpu_count: number }[]): string {
  const counts = new Map<string, number>();
  for (const { gpu_type, gpu_count } of slots)
    if (gpu_count > 0) counts.set(gpu_type, (counts.get(gpu_type) ?? 0) + gpu_count);
  return [...counts].map(([type, count]) => `${count} × ${type}`).join(", ");
}

/** leastVram returns the memory of the smallest GPU in MiB, or 0 without one. */
export function leastVram(machine: Machine): number {
  const all = machine.slots.filter((s) => s.gpu_count > 0).map((s) => s.vram_mib);
  return all.length ? Math.min(...all) : 0;
}

export type Standing = Machine["state"] | "full" | "draining";

/** standing returns a machine's state from a renter's view. */
export function standing(machine: Machine): Standing {
  if (machine.state !== "online") return machine.state;
  if (machine.free_slots.length === 0) return "full";
  return machine.drain_from ? "draining" : "online";
}

export const tones: Record<Standing, Tone> = {
  online: "good",
  full: "accent",
  draining: "warn",
  offline: "bad",
  bonded: "neutral",
  retired: "neutral",
};
