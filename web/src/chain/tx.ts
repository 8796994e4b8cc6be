import type { DescMessage, Message, MessageInitShape, MessageShape, Registry } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Query as AuthQuery } from "../gen/cosmos/auth/v1beta1/query_pb";
import { Service as NodeService } from "../gen/cosmos/base/node/v1beta1/query_pb";
import { PubKeySchema } from "../gen/cosmos/crypto/secp256k1/keys_pb";
import { SignMode } from "../gen/cosmos/tx/signing/v1beta1/signing_pb";
import { AuthInfoSchema, TxBodySchema, TxRawSchema } from "../gen/cosmos/tx/v1beta1/tx_pb";
import { Query as GuardQuery } from "../gen/dbc/guard/v1/query_pb";
import { DENOM } from "../money/udbc";
import { plain } from "../node/plain";
import type { Account } from "../wallet/store";
import { abciQuery, query } from "./query";
import { ChainError } from "./rpc";

/** TxMessage is one message of a transaction, with the type it is of. */
export interface TxMessage {
  schema: DescMessage;
  value: Message;
  /** registry knows the types that the message's Any fields may hold. */
  registry?: Registry;
}

/** msg makes a message for a transaction. */
export function msg<T extends DescMessage>(schema: T, init: MessageInitShape<T>): TxMessage {
  return { schema, value: create(schema, init) };
}

/** Estimate is the gas that a transaction may use, and what it costs in udbc. */
export interface Estimate {
  gas: bigint;
  fee: bigint;
}

export interface TxEvent {
  type: string;
  attributes: readonly { key: string; value: string }[];
}

/** TxDone is a transaction that is in a block and was carried out. */
export interface TxDone {
  hash: string;
  height: number;
  events: readonly TxEvent[];
  responses: readonly { typeUrl: string; value: Uint8Array }[];
}

/** reply decodes what a message of the transaction answered. */
export function reply<T extends DescMessage>(done: TxDone, schema: T, index = 0): MessageShape<T> {
  const response = done.responses[index];
  if (!response) throw new Error(`transaction ${done.hash} has no answer ${index}`);
  return plain(fromBinary(schema, response.value));
}

/** Gas differs from the simulation's by what other transactions change meanwhile. */
const gasMargin = { times: 13n, over: 10n, plus: 20_000n };

/**
 * gasSalt bounds what is added by chance: two browsers with the same wallet that
 * ask for the same in the same block would else sign the same bytes, and take one
 * payment for two.
 */
const gasSalt = 4_096;

/** gasPrice is the node's least price as a fraction of udbc. */
export function parseGasPrice(text: string): { num: bigint; den: bigint } {
  const match = text
    .split(",")
    .map((part) => /^(\d+)(?:\.(\d+))?([a-z].*)$/.exec(part.trim()))
    .find((m) => m?.[3] === DENOM);
  if (!match) return { num: 0n, den: 1n };
  const decimals = match[2] ?? "";
  return { num: BigInt((match[1] ?? "0") + decimals), den: 10n ** BigInt(decimals.length) };
}

/** feeFor is gas at a price, rounded up. */
export function feeFor(gas: bigint, price: { num: bigint; den: bigint }): bigint {
  return (gas * price.num + price.den - 1n) / price.den;
}

/** priceUnit is the gas that the chain's floor is a price for. */
const priceUnit = 1_000_000n;

/** leastFee is what both the node and the chain's floor, which governance sets, take. */
export function leastFee(gas: bigint, node: string, floor: bigint): bigint {
  const asked = feeFor(gas, parseGasPrice(node));
  const least = feeFor(gas, { num: floor, den: priceUnit });
  if (asked < least) return least;
  return asked;
}

/** unsigned is the transaction as a simulation takes it: nothing is signed for it. */
function unsigned(account: Account, messages: readonly TxMessage[], sequence: bigint): Uint8Array {
  const any = (schema: DescMessage, value: Message) => ({
    typeUrl: `/${schema.typeName}`,
    value: toBinary(schema, value),
  });
  const publicKey = any(PubKeySchema, create(PubKeySchema, { key: account.publicKey }));
  const modeInfo = { sum: { case: "single" as const, value: { mode: SignMode.UNSPECIFIED } } };
  const body = create(TxBodySchema, { messages: messages.map(({ schema, value }) => any(schema, value)) });
  const auth = create(AuthInfoSchema, { fee: {}, signerInfos: [{ publicKey, modeInfo, sequence }] });
  const raw = create(TxRawSchema, {
    bodyBytes: toBinary(TxBodySchema, body),
    authInfoBytes: toBinary(AuthInfoSchema, auth),
    signatures: [new Uint8Array()],
  });
  return toBinary(TxRawSchema, raw);
}

/** sequenceOf is an account's next sequence; 0 for one that the chain does not know, which the simulation then says. */
async function sequenceOf(address: string): Promise<bigint> {
  try {
    return (await query(AuthQuery.method.accountInfo, { address })).info?.sequence ?? 0n;
  } catch (error) {
    if (error instanceof ChainError) return 0n;
    throw error;
  }
}

/**
 * simulate gives the gas that the messages use. The application's own path keeps
 * a refusal's codespace and code, which the gRPC method of the same name drops.
 */
async function simulate(account: Account, messages: readonly TxMessage[]): Promise<bigint> {
  const bytes = unsigned(account, messages, await sequenceOf(account.address));
  const answer = new TextDecoder().decode(await abciQuery("/app/simulate", bytes));
  const { gas_info } = JSON.parse(answer) as { gas_info: { gas_used: string } };
  return BigInt(gas_info.gas_used);
}

/** estimate asks the chain to try the messages out. What it would refuse, it refuses here. */
export async function estimate(account: Account, messages: readonly TxMessage[]): Promise<Estimate> {
  const [used, config, floor] = await Promise.all([
    simulate(account, messages),
    query(NodeService.method.config, {}),
    query(GuardQuery.method.params, {}),
  ]);
  const gas = (used * gasMargin.times) / gasMargin.over + gasMargin.plus + BigInt(Math.floor(Math.random() * gasSalt));
  return { gas, fee: leastFee(gas, config.minimumGasPrice, floor.params?.minGasPrice ?? 0n) };
}
