import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { MachineSchema, MachineState } from "../gen/dbc/machine/v1/machine_pb";
import { RentalSchema } from "../gen/dbc/rental/v1/rental_pb";
import type { Machine } from "../machine/api";
import type { Terms } from "./chain";
import { roomToRenew, roomToRent } from "./rights";

const { ONLINE, OFFLINE } = MachineState;
const terms: Terms = { unit: 1_800, min: 3_600, max: 86_400, window: 1_800 };
const now = 1_700_000_000_000;
const at = (seconds: number) => timestampFromMs(now + seconds * 1_000);

test.each<[string, number, MessageInitShape<typeof MachineSchema>, ReturnType<typeof roomToRenew>]>([
  ["a day at most from now", 3_600, { state: ONLINE }, { most: 82_800 }],
  ["whole units only", 3_601, { state: ONLINE }, { most: 81_000 }],
  ["it ends as late as it can", 86_400, { state: ONLINE }, { most: 0, obstacle: "longest" }],
  ["half a unit is none", 85_500, { state: ONLINE }, { most: 0, obstacle: "longest" }],
  ["one unit is one", 84_600, { state: ONLINE }, { most: 1_800 }],
  ["offline", 3_600, { state: OFFLINE }, { most: 0, obstacle: "offline" }],
  ["its end has come", 0, { state: OFFLINE }, { most: 0, obstacle: "over" }],
  ["it drains later", 3_600, { state: ONLINE, drainFrom: at(9_000) }, { most: 5_400 }],
  ["it drains at the end", 3_600, { state: ONLINE, drainFrom: at(3_600) }, { most: 0, obstacle: "draining" }],
  ["it drains before the end", 3_600, { state: ONLINE, drainFrom: at(60) }, { most: 0, obstacle: "draining" }],
])("renew: %s", (_, end, machine, room) => {
  const rental = create(RentalSchema, { end: at(end) });
  expect(roomToRenew(rental, create(MachineSchema, machine), terms, now)).toEqual(room);
});

const listed = { state: "online", free_slots: [0], stake: "10", stake_required: "10" } as unknown as Machine;
const drain = (seconds: number) => ({ drain_from: new Date(now + seconds * 1_000).toISOString() });

test.each<[string, Partial<Machine>, ReturnType<typeof roomToRent>]>([
  ["the longest time", {}, { most: 86_400 }],
  ["offline", { state: "offline" }, { most: 0, obstacle: "offline" }],
  ["not opened", { state: "bonded" }, { most: 0, obstacle: "bonded" }],
  ["retired", { state: "retired" }, { most: 0, obstacle: "retired" }],
  ["its stake is below nine tenths", { stake: "8" }, { most: 0, obstacle: "low" }],
  ["nothing is free", { free_slots: [] }, { most: 0, obstacle: "full" }],
  ["it drains later", drain(8_000), { most: 7_200 }],
  ["it drains too soon", drain(3_599), { most: 0, obstacle: "draining" }],
  ["it drains just in time", drain(3_600), { most: 3_600 }],
])("rent: %s", (_, machine, room) => {
  expect(roomToRent({ ...listed, ...machine }, terms, now)).toEqual(room);
});
