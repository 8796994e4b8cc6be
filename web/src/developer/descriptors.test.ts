import { create, type DescFile } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { file_cosmos_bank_v1beta1_tx } from "../gen/cosmos/bank/v1beta1/tx_pb";
import { file_cosmos_reflection_v1_reflection } from "../gen/cosmos/reflection/v1/reflection_pb";
import { file_dbc_rental_v1_query } from "../gen/dbc/rental/v1/query_pb";
import { file_dbc_rental_v1_tx } from "../gen/dbc/rental/v1/tx_pb";
import { methodName, moduleOf, readTypes, signersOf } from "./descriptors";

function withImports(...roots: DescFile[]): FileDescriptorProto[] {
  const all = new Map<string, FileDescriptorProto>();
  const visit = (file: DescFile) => {
    all.set(file.proto.name, file.proto);
    file.dependencies.forEach(visit);
  };
  roots.forEach(visit);
  return [...all.values()];
}

const files = withImports(
  file_dbc_rental_v1_tx,
  file_dbc_rental_v1_query,
  file_cosmos_bank_v1beta1_tx,
  file_cosmos_reflection_v1_reflection,
);

test.each([
  ["as they come", files],
  ["backwards", files.toReversed()],
])("messages and queries are found among files %s", (_, order) => {
  const types = readTypes(order);
  const names = types.messages.map((m) => m.input.typeName);
  expect(names).toContain("dbc.rental.v1.MsgRentMachine");
  expect(names).toContain("cosmos.bank.v1beta1.MsgSend");
  expect(names).toEqual(names.toSorted());
  const queries = types.queries.map(methodName);
  expect(queries).toContain("dbc.rental.v1.Query/Quote");
  expect(queries.filter((name) => name.includes("reflection"))).toEqual([]);
});

test("signers and modules are read from the options and packages", () => {
  const types = readTypes(files);
  const send = types.messages.find((m) => m.input.typeName === "cosmos.bank.v1beta1.MsgSend");
  expect(send && signersOf(send)).toEqual(["from_address"]);
  expect(send && moduleOf(send)).toBe("cosmos.bank");
});

test("what the chain does not serve is left out with what only it imports", () => {
  const foreign = create(FileDescriptorProtoSchema, { name: "envoy/x.proto", package: "envoy", syntax: "proto3" });
  const { registry } = readTypes([...files, foreign]);
  expect([...registry.files].map((f) => f.proto.name)).not.toContain("envoy/x.proto");
});
