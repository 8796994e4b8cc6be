import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { type GeneratedType, type OfflineSigner, Registry } from "@cosmjs/proto-signing";
import { AminoTypes, createDefaultAminoConverters, SigningStargateClient } from "@cosmjs/stargate";
import { TxRawSchema } from "../gen/cosmos/tx/v1beta1/tx_pb";
import { DENOM } from "../money/udbc";
import { aminoType, fromAmino, toAmino } from "./amino";
import type { Estimate, TxMessage } from "./tx";

/**
 * The part of the app that contains CosmJS. It is loaded with the first
 * transaction.
 */

const endpoint = `${location.origin}/chain/rpc`;

/** typeFor lets CosmJS encode a message by its descriptor. */
function typeFor({ schema }: TxMessage): GeneratedType {
  return {
    encode: (value: Message) => ({ finish: () => toBinary(schema, value) }),
    decode: (bytes: Uint8Array) => fromBinary(schema, bytes),
    fromPartial: (value: Message) => ("$typeName" in value ? value : create(schema, value)),
  } as unknown as GeneratedType;
}

function options(messages: readonly TxMessage[]) {
  const converters = { ...createDefaultAminoConverters() };
  for (const { schema } of messages) {
    const url = `/${schema.typeName}`;
    const type = aminoType(schema);
    if (converters[url] || !type) continue;
    converters[url] = {
      aminoType: type,
      toAmino: (value: Message) => toAmino(schema, value),
      fromAmino: (json: Record<string, unknown>) => fromAmino(schema, json),
    };
  }
  return {
    registry: new Registry(messages.map((m) => [`/${m.schema.typeName}`, typeFor(m)])),
    aminoTypes: new AminoTypes(converters),
  };
}

const encoded = (messages: readonly TxMessage[]) =>
  messages.map(({ schema, value }) => ({ typeUrl: `/${schema.typeName}`, value }));

/**
 * sign signs the messages for one sequence of the account, valid up to a last
 * block.
 */
export async function sign(
  signer: OfflineSigner,
  at: { address: string; chainId: string; accountNumber: bigint; sequence: bigint; last: bigint },
  messages: readonly TxMessage[],
  { gas, fee }: Estimate,
): Promise<Uint8Array> {
  const client = await SigningStargateClient.connectWithSigner(endpoint, signer, options(messages));
  try {
    const amount = { amount: [{ denom: DENOM, amount: fee.toString() }], gas: gas.toString() };
    const data = { accountNumber: at.accountNumber, sequence: Number(at.sequence), chainId: at.chainId };
    const raw = await client.sign(at.address, encoded(messages), amount, "", data, at.last);
    const { bodyBytes, authInfoBytes, signatures } = raw;
    return toBinary(TxRawSchema, create(TxRawSchema, { bodyBytes, authInfoBytes, signatures }));
  } finally {
    client.disconnect();
  }
}
