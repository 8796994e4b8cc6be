import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { RentalSchema, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { hasRun, keptUntil, nextStep } from "./progress";

const tasks = (...status: string[]) => status.map((s) => ({ status: s }));

test.each([
  ["nothing yet", { authorized: false, tasks: undefined, before: false }, "authorize"],
  ["authorized", { authorized: true, tasks: undefined, before: false }, "create"],
  ["no virtual machine", { authorized: true, tasks: tasks(), before: false }, "create"],
  ["being made", { authorized: true, tasks: tasks("creating"), before: false }, "create"],
  ["failed", { authorized: true, tasks: tasks("create error"), before: false }, "create"],
  ["one of two runs", { authorized: true, tasks: tasks("create error", "running"), before: false }, "login"],
  ["off now", { authorized: true, tasks: tasks("closed"), before: false }, "login"],
  ["ran before, deleted", { authorized: true, tasks: tasks(), before: true }, "login"],
  ["ran before, not authorized any more", { authorized: false, tasks: undefined, before: true }, "login"],
] as const)("%s", (_, known, want) => {
  expect(nextStep(known)).toBe(want);
  expect(hasRun(known)).toBe(want === "login");
});

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
