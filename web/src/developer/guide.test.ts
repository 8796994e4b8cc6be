import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { RentalSchema } from "../gen/dbc/rental/v1/rental_pb";
import { pick, readDays, readMachineId } from "./guide";

const id = "8abdb553751223c17c2fe7ee785b6a8ab68713be75fcb58bcf105ca9e630b03e";

test.each([id, `0x${id}`, ` 0X${id.toUpperCase()} `])("%s is a machine id", (text) =>
  expect(readMachineId(text)).toBe(id),
);

test.each(["", "0x", id.slice(1), `${id}0`, `0x0x${id}`, "g".repeat(64)])("%s is none", (text) =>
  expect(readMachineId(text)).toBe(""),
);

test.each([
  ["1", 86_400n],
  [" 60 ", 5_184_000n],
])("%s days", (text, seconds) => expect(readDays(text)).toBe(seconds));

test.each(["", "0", "-1", "1.5", "1d", "1e3", "9999999"])("%j is no number of days", (text) =>
  expect(readDays(text)).toBeUndefined(),
);

test("a rental is meant by choice, or for being the only one", () => {
  const [one, two] = [create(RentalSchema, { id: 1n }), create(RentalSchema, { id: 2n })];
  expect(pick([], "")).toBeUndefined();
  expect(pick([one], "")).toBe(one);
  expect(pick([one, two], "")).toBeUndefined();
  expect(pick([one, two], "2")).toBe(two);
});
