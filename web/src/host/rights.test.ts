import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { FactsSchema, type MachineSchema, MachineState, ParamsSchema } from "../gen/dbc/machine/v1/machine_pb";
import { ListingSchema } from "../gen/dbc/machine/v1/query_pb";
import { actionsOf, missingStake, obstacleTo, rented, stakeTooLow, withdrawableAt } from "./rights";

const { BONDED, ONLINE, OFFLINE, RETIRED } = MachineState;
const at = (seconds: number) => timestampFromMs(seconds * 1_000);
const params = create(ParamsSchema, { unbondingTime: { seconds: 100n, nanos: 0 } });

type MachineInit = MessageInitShape<typeof MachineSchema>;

function listed(machine: MachineInit, freeSlots = [0, 1]) {
  const facts = create(FactsSchema, { slots: [{}, {}] });
  const listing = create(ListingSchema, { machine: { facts, ...machine } as MachineInit, freeSlots });
  if (!listing.machine) throw new Error("no machine");
  return { listing, machine: listing.machine };
}

test.each([
  [BONDED, {}, ["online", "price", "drain", "stake", "retire"]],
  [ONLINE, {}, ["offline", "price", "drain", "stake", "retire"]],
  [ONLINE, { drainFrom: at(5) }, ["offline", "price", "drain", "lift", "stake", "retire"]],
  [OFFLINE, {}, ["online", "price", "drain", "stake", "retire"]],
  [RETIRED, { stake: 1n }, ["withdraw"]],
  [RETIRED, {}, []],
])("state %i with %o allows %j", (state, more, actions) => {
  expect(actionsOf(listed({ state, ...more }).machine)).toEqual(actions);
});

test("slots are rented where they are not free", () => {
  expect(rented(listed({}).listing)).toBe(0);
  expect(rented(listed({}, [1]).listing)).toBe(1);
});

test.each([
  [5n, 5n, 0n],
  [4n, 5n, 1n],
  [9n, 5n, 0n],
])("stake %i of %i misses %i", (stake, stakeRequired, missing) => {
  expect(missingStake(listed({ stake, stakeRequired }).machine)).toBe(missing);
});

test.each([
  [9n, 10n, false],
  [8n, 10n, true],
  [90n, 101n, true],
  [91n, 101n, false],
])("a stake of %i of %i is too low: %s", (stake, stakeRequired, low) => {
  expect(stakeTooLow(listed({ stake, stakeRequired }).machine)).toBe(low);
});

test("the stake can be withdrawn after the later of retirement and the last rental's end", () => {
  const retired = { state: RETIRED, stake: 1n, retiredAt: at(1_000) };
  expect(withdrawableAt(listed(retired).machine, params)).toBe(1_100n);
  const late = listed({ ...retired, lastRentalEnd: at(2_000) });
  expect(withdrawableAt(late.machine, params)).toBe(2_100n);
  expect(obstacleTo("withdraw", late.listing, params, 2_099n)).toBe("unbonding");
  expect(obstacleTo("withdraw", late.listing, params, 2_100n)).toBeUndefined();
});

test("retiring waits for rentals and challenges, going offline for challenges", () => {
  const free = listed({ state: ONLINE }).listing;
  const challenged = listed({ state: ONLINE, openChallenges: [3n] }).listing;
  const taken = listed({ state: ONLINE }, [0]).listing;
  expect(obstacleTo("retire", free, params, 0n)).toBeUndefined();
  expect(obstacleTo("retire", taken, params, 0n)).toBe("rented");
  expect(obstacleTo("retire", challenged, params, 0n)).toBe("challenged");
  expect(obstacleTo("offline", challenged, params, 0n)).toBe("challenged");
  expect(obstacleTo("offline", taken, params, 0n)).toBeUndefined();
  expect(obstacleTo("price", challenged, params, 0n)).toBeUndefined();
});
