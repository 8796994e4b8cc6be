import { type Machine, MachineState } from "../gen/dbc/machine/v1/machine_pb";
import type { Tone } from "../ui/Badge";

/** names of a machine's states, as used in the texts. */
export const names = {
  [MachineState.UNSPECIFIED]: "none",
  [MachineState.BONDED]: "bonded",
  [MachineState.ONLINE]: "online",
  [MachineState.OFFLINE]: "offline",
  [MachineState.RETIRED]: "retired",
} as const;

export const tones: Record<(typeof names)[MachineState], Tone> = {
  none: "neutral",
  bonded: "neutral",
  online: "good",
  offline: "bad",
  retired: "neutral",
};

/** gpus counts a machine's GPUs by type: "2 × RTX 4090"; "" without any. */
export function gpus({ facts }: Machine): string {
  const counts = new Map<string, number>();
  for (const { gpuType, gpuCount } of facts?.slots ?? [])
    if (gpuCount > 0) counts.set(gpuType, (counts.get(gpuType) ?? 0) + gpuCount);
  return [...counts].map(([type, count]) => `${count} × ${type}`).join(", ");
}

/** short abbreviates a machine's id. */
export function short(id: string): string {
  return `${id.slice(0, 8)}…${id.slice(-4)}`;
}
