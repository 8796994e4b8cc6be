import { create } from "@bufbuild/protobuf";
import { base64 } from "@scure/base";
import { expect, test } from "vitest";
import { QueryParamsResponseSchema as MachineParams } from "../gen/dbc/machine/v1/query_pb";
import { MsgRentMachineSchema } from "../gen/dbc/rental/v1/tx_pb";
import { parseJson, toMessage, toPoint, toText, toUnits } from "./json";

test.each([
  ["0", "0"],
  ["50000000000000000", "0.05"],
  ["1000000000000000000", "1"],
  ["-1500000000000000000", "-1.5"],
  ["1", "0.000000000000000001"],
  ["123456789012345678901234567890", "123456789012.34567890123456789"],
])("%s units are %s", (units, point) => {
  expect(toPoint(units)).toBe(point);
  expect(toUnits(point)).toBe(units);
});

test.each(["", "x", "1.", ".5", "1e3", "0.0000000000000000001", "1,5"])("%j is no decimal", (text) =>
  expect(() => toUnits(text)).toThrow("decimal"),
);

test("large numbers pass as strings, and bare ones are refused before they are rounded", () => {
  const json = parseJson('{"machine_id": "ab", "max_total": "18446744073709551615", "slots": 2}');
  const message = toMessage(MsgRentMachineSchema, json);
  expect(message).toMatchObject({ machineId: "ab", maxTotal: 18_446_744_073_709_551_615n, slots: 2 });
  expect(JSON.parse(toText(MsgRentMachineSchema, message))).toEqual({
    renter: "",
    machine_id: "ab",
    duration_seconds: "0",
    slots: 2,
    max_total: "18446744073709551615",
    listing_version: "0",
  });
  expect(() => parseJson('{"max_total": 18446744073709551615}')).toThrow("in quotes");
  expect(() => parseJson('{"deep": [{"max_total": 9007199254740993}]}')).toThrow("in quotes");
});

test.each(["[]", "null", "7", "{", ""])("%j is no object", (text) => expect(() => parseJson(text)).toThrow());

test.each([
  ['{"nothing": 1}', "nothing"],
  ['{"slots": "many"}', "slots"],
  ['{"max_total": "18446744073709551616"}', "max_total"],
])("%s is refused by its field", (text, field) =>
  expect(() => toMessage(MsgRentMachineSchema, parseJson(text))).toThrow(field),
);

test("spans are written by seconds, bytes in base64", () => {
  const text = toText(
    MachineParams,
    create(MachineParams, { params: { stakeBase: 5n, answerWindow: { seconds: 600n, nanos: 0 } } }),
  );
  expect(JSON.parse(text)).toMatchObject({ params: { stake_base: "5", answer_window: "600s" } });
  expect(base64.encode(new TextEncoder().encode("1"))).toBe("MQ==");
});
