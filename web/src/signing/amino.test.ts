import { type DescMessage, fromJson, type JsonValue, type Message } from "@bufbuild/protobuf";
import { makeSignDoc, serializeSignDoc } from "@cosmjs/amino";
import { base64 } from "@scure/base";
import { expect, test } from "vitest";
import vectors from "../../../test/cosmjs/testdata/vectors.json";
import * as guard from "../gen/dbc/guard/v1/tx_pb";
import * as machine from "../gen/dbc/machine/v1/tx_pb";
import * as rental from "../gen/dbc/rental/v1/tx_pb";
import { aminoType, fromAmino, toAmino } from "./amino";

const schemas = new Map<string, DescMessage>();
for (const file of [guard.file_dbc_guard_v1_tx, machine.file_dbc_machine_v1_tx, rental.file_dbc_rental_v1_tx])
  for (const message of file.messages) schemas.set(`/${message.typeName}`, message);

const fee = { amount: [{ denom: "udbc", amount: "5000" }], gas: "500000" };

const amino = vectors.vectors.filter((v) => v.mode === "amino-json").map((v) => [v.name, v] as const);

test("there are vectors", () => expect(amino.length).toBeGreaterThan(20));

test.each(amino)("%s is signed as the chain expects it", (_, vector) => {
  const schema = schemas.get(vector.type_url) as DescMessage;
  const message = fromJson(schema, vector.value as unknown as JsonValue) as Message;
  const json = { type: aminoType(schema), value: toAmino(schema, message) };
  const document = makeSignDoc([json], fee, vectors.chain_id, vectors.memo, vectors.account_number, vectors.sequence);
  expect(base64.encode(serializeSignDoc(document))).toBe(vector.sign_bytes);
  expect(fromAmino(schema, JSON.parse(JSON.stringify(json.value)))).toEqual(message);
});
