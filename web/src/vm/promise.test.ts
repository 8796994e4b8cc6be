import { create } from "@bufbuild/protobuf";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect, test } from "vitest";
import { FactsSchema, SlotKind } from "../gen/dbc/machine/v1/machine_pb";
import { orderedOf, pciIds, promiseOf, verifyCommand } from "./promise";

const card = { kind: SlotKind.GPU, gpuType: "NVIDIA L40S", gpuCount: 1, vramMib: 46_068n };
const facts = create(FactsSchema, {
  slots: [card, card, { ...card, gpuCount: 2 }],
  cpuCores: 31,
  memoryMib: 100_000n,
  systemDiskGib: 50n,
  dataDiskGib: 1_000n,
});

test("a rental is promised its slots' part, as dbc vm verify counts it", () => {
  expect(promiseOf(facts, [0, 2])).toEqual({
    cpus: 20,
    memoryMib: 66_666,
    diskGib: 666,
    gpus: [{ name: "NVIDIA L40S", count: 3, vramMib: 46_068 }],
    madeUp: false,
  });
});

test("a processor is one, or an even number of them", () => {
  const cpus = (cpuCores: number) => promiseOf(create(FactsSchema, { slots: [{}], cpuCores }), [0]).cpus;
  expect([0, 1, 2, 3].map(cpus)).toEqual([0, 1, 2, 2]);
});

test("GPUs of another type are named beside the first, and slots without any are not", () => {
  const mixed = create(FactsSchema, {
    slots: [card, { ...card, gpuType: "NVIDIA A30", vramMib: 24_576n }, { kind: SlotKind.NONE }],
  });
  expect(promiseOf(mixed, [0, 1, 2]).gpus.map(({ name, count }) => `${count} × ${name}`)).toEqual([
    "1 × NVIDIA L40S",
    "1 × NVIDIA A30",
  ]);
});

test("GPUs of a test network are said to be made up", () => {
  const test = create(FactsSchema, { slots: [{ ...card, kind: SlotKind.TEST }, { kind: SlotKind.NONE }] });
  expect(promiseOf(test, [0]).madeUp).toBe(true);
  expect(promiseOf(test, [1])).toMatchObject({ madeUp: false, gpus: [] });
});

const listed = (...functions: string[][]) =>
  JSON.stringify({
    schema: 1,
    machine_id: "m",
    slots: functions.map((ids, index) => ({ index, functions: ids.map((pci_ids) => ({ pci_ids })) })),
  });
const hashed = (inventory: string) =>
  create(FactsSchema, { inventoryHash: sha256(new TextEncoder().encode(inventory)) });

test("PCI ids are those of the inventory that the chain lists, and of no other", () => {
  const inventory = listed(["10de:2684", "10de:22ba"], ["10de:2684", "10de:22ba"], ["10de:2235"]);
  const ids = (slots: number[], id = "m") => pciIds({ inventory }, hashed(inventory), slots, id);
  expect(ids([0, 1])).toEqual(["2 × 10de:2684", "2 × 10de:22ba"]);
  expect(ids([2])).toEqual(["1 × 10de:2235"]);
  expect(ids([3])).toBeUndefined();
  expect(ids([0], "n")).toBeUndefined();
  expect(pciIds({ inventory: `${inventory} ` }, hashed(inventory), [0], "m")).toBeUndefined();
  expect(pciIds({ inventory }, create(FactsSchema, {}), [0], "m")).toBeUndefined();
});

test("an inventory that cannot be read is none", () => {
  for (const inventory of [
    "",
    "null",
    "[]",
    '{"machine_id":"m"}',
    '{"machine_id":"m","slots":[{"index":1}]}',
    listed(["<b>"]),
  ])
    expect(pciIds({ inventory }, hashed(inventory), [0], "m")).toBeUndefined();
});

test("a virtual machine's sizes are read as the machine sends them", () => {
  const task = { cpu_cores: "8", gpu_count: "1", mem_size: "16G", disks: [{ name: "vda", size: "40G" }] };
  const rest = { task_id: "t", create_time: "", desc: "", status: "running", rent_order: "1", image_name: "" };
  expect(orderedOf({ ...rest, ...task })).toEqual({
    cpus: 8,
    memoryMib: 16_384,
    disks: [{ name: "vda", gib: 40 }],
  });
});

test("nothing but an id gets into the command", () => {
  expect(verifyCommand("8c4WSiRo3f9KqwSmsDjF4J")).toBe("dbc vm verify 8c4WSiRo3f9KqwSmsDjF4J");
  for (const id of ["", "-x", "a b", "a;reboot", "x".repeat(23)]) expect(verifyCommand(id)).toBeUndefined();
});
