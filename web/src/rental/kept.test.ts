import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { RentalSchema, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { keptByMachine, keptUntil } from "./kept";

const day = 86_400_000;

test.each([
  ["ended after three days", RentalState.ENDED, 3 * day, 3 * day, 6 * day],
  ["ended after sixty", RentalState.ENDED, 60 * day, 60 * day, 70 * day],
  ["broken after one of three", RentalState.BROKEN, 3 * day, day, 4 * day],
  ["a refunded trial", RentalState.REFUNDED, 3 * day, 1, undefined],
  ["still running", RentalState.ACTIVE, 3 * day, 1, undefined],
])("disks of a rental that %s", (_, state, end, over, want) => {
  const rental = create(RentalSchema, {
    state,
    start: timestampFromMs(0),
    end: timestampFromMs(end),
    transitions: [{ time: timestampFromMs(over) }],
  });
  expect(keptUntil(rental)).toBe(want);
});

test("machines that may keep disks: each once, with its rentals and the latest end", () => {
  const over = (id: bigint, machineId: string, state: RentalState, end: number) =>
    create(RentalSchema, {
      id,
      machineId,
      state,
      start: timestampFromMs(end - day),
      end: timestampFromMs(end),
      transitions: [{ time: timestampFromMs(end) }],
    });
  const rentals = [
    over(1n, "aa", RentalState.ENDED, 10 * day),
    over(2n, "bb", RentalState.REFUNDED, 10 * day),
    over(4n, "aa", RentalState.BROKEN, 10.5 * day),
    over(3n, "cc", RentalState.ENDED, 9 * day),
    over(5n, "dd", RentalState.ACTIVE, 12 * day),
  ];
  expect(keptByMachine(rentals, 10.6 * day)).toEqual([{ machineId: "aa", rentals: [4n, 1n], until: 11.5 * day }]);
  expect(keptByMachine(rentals, 11.5 * day)).toEqual([]);
  expect(keptByMachine([], 0)).toEqual([]);
});
