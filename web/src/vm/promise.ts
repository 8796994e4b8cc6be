import { sha256 } from "@noble/hashes/sha2.js";
import type { Facts } from "../gen/dbc/machine/v1/machine_pb";
import { SlotKind } from "../gen/dbc/machine/v1/machine_pb";
import { plain } from "../node/plain";
import { amount, formed, list, record, text } from "../node/read";
import { toHex } from "../wallet/encoding";
import { isTaskId } from "./taskId";
import { gibOf, mibOf, part, type Task } from "./tasks";

/**
 * What a listing promises to the virtual machines of a rental: the same that
 * dbc vm verify compares (package client/verify is the specification).
 */
export interface Promised {
  /** cpus, memoryMib and diskGib are all that the rental's machines have together. */
  cpus: number;
  memoryMib: number;
  diskGib: number;
  /** gpus are by name, with the memory of each in MiB. */
  gpus: { name: string; count: number; vramMib: number }[];
  /** madeUp: the GPUs are a test network's, and no guest has them. */
  madeUp: boolean;
}

/** even returns the most CPUs that virtual machines can have of n. */
const even = (n: number) => (n === 1 ? 1 : n - (n % 2));

/** promiseOf returns the part of a machine's facts that belongs to the slots. */
export function promiseOf(facts: Facts, slots: readonly number[]): Promised {
  const all = facts.slots.length;
  const gpus = new Map<string, Promised["gpus"][number]>();
  for (const index of slots) {
    const slot = facts.slots[index];
    if (!slot?.gpuCount) continue;
    const known = gpus.get(slot.gpuType) ?? { name: slot.gpuType, count: 0, vramMib: Number(slot.vramMib) };
    gpus.set(slot.gpuType, { ...known, count: known.count + slot.gpuCount });
  }
  return {
    cpus: even(part(facts.cpuCores, slots.length, all)),
    memoryMib: part(Number(facts.memoryMib), slots.length, all),
    diskGib: part(Number(facts.dataDiskGib), slots.length, all),
    gpus: [...gpus.values()],
    madeUp: slots.some((index) => facts.slots[index]?.kind === SlotKind.TEST),
  };
}

/** Signed is a machine's reply with its inventory. */
export interface Signed {
  inventory: string;
}

/** readSigned reads that reply. */
export const readSigned = record<Signed>({ inventory: text });

interface Inventory {
  machine_id: string;
  slots: { index: number; functions: { pci_ids: string }[] }[];
}

const readInventory = record<Inventory>({
  machine_id: text,
  slots: list(
    record<Inventory["slots"][number]>({
      index: amount,
      functions: list(record<{ pci_ids: string }>({ pci_ids: formed(/^[0-9a-f]{4}:[0-9a-f]{4}$/, "PCI ids") })),
    }),
  ),
});

/**
 * pciIds returns the PCI ids of the functions that virtual machines get with the
 * slots, as "2 × 10de:26b9", from the inventory whose hash the chain lists. It
 * returns undefined for any other inventory, and for one that cannot be read.
 */
export function pciIds(
  signed: Signed,
  facts: Facts,
  slots: readonly number[],
  machineId: string,
): string[] | undefined {
  if (toHex(sha256(new TextEncoder().encode(signed.inventory))) !== toHex(facts.inventoryHash)) return undefined;
  let inventory: Inventory;
  try {
    inventory = readInventory(plain(JSON.parse(signed.inventory)));
  } catch {
    return undefined;
  }
  const own = slots.map((index) => inventory.slots[index]);
  if (inventory.machine_id !== machineId || own.some((slot, n) => slot?.index !== slots[n])) return undefined;
  const counts = new Map<string, number>();
  for (const slot of own)
    for (const { pci_ids } of slot?.functions ?? []) counts.set(pci_ids, (counts.get(pci_ids) ?? 0) + 1);
  return [...counts].map(([id, n]) => `${n} × ${id}`);
}

/**
 * Ordered is what a machine says that a virtual machine was made with, of the
 * rental's share.
 */
export interface Ordered {
  cpus: number;
  memoryMib: number;
  disks: { name: string; gib: number }[];
}

/** orderedOf reads a virtual machine's sizes. */
export function orderedOf(task: Task): Ordered {
  return {
    cpus: Number(task.cpu_cores),
    memoryMib: mibOf(task.mem_size),
    disks: (task.disks ?? []).map(({ name, size }) => ({ name, gib: gibOf(size) })),
  };
}

/**
 * verifyCommand returns the command that compares a virtual machine with its
 * listing, or undefined for an id that is none: it is pasted into a terminal.
 * It expects the GPUs of all the rental's slots; the machine's word for fewer is
 * not taken.
 */
export function verifyCommand(taskId: string): string | undefined {
  return isTaskId(taskId) ? `dbc vm verify ${taskId}` : undefined;
}
