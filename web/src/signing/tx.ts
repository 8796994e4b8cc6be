import type { DescMessage, Message, MessageInitShape, MessageShape, Registry } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { abciQuery, query } from "../chain/query";
import { isSequence } from "../chain/rpc";
import { Query as AuthQuery } from "../gen/cosmos/auth/v1beta1/query_pb";
import { Service as NodeService } from "../gen/cosmos/base/node/v1beta1/query_pb";
import { PubKeySchema } from "../gen/cosmos/crypto/secp256k1/keys_pb";
import { SignMode } from "../gen/cosmos/tx/signing/v1beta1/signing_pb";
import { AuthInfoSchema, TxBodySchema, TxRawSchema } from "../gen/cosmos/tx/v1beta1/tx_pb";
import { Query as GuardQuery } from "../gen/dbc/guard/v1/query_pb";
import { DENOM } from "../money/udbc";
import { ChainError } from "../node/errors";
import { plain } from "../node/plain";
import type { Account } from "../wallet/store";

/** TxMessage is one message of a transaction, with its type. */
export interface TxMessage {
  schema: DescMessage;
  value: Message;
  /** registry has the types that the message's Any fields may contain. */
  registry?: Registry;
}

/** msg creates a message for a transaction. */
export function msg<T extends DescMessage>(schema: T, init: MessageInitShape<T>): TxMessage {
  return { schema, value: create(schema, init) };
}

/** Estimate is the gas limit of a transaction, and what it costs in udbc. */
export interface Estimate {
  gas: bigint;
  fee: bigint;
}

export interface TxEvent {
  type: string;
  attributes: readonly { key: string; value: string }[];
}

/** TxDone is a transaction that a block has executed. */
export interface TxDone {
  hash: string;
  height: number;
  events: readonly TxEvent[];
  responses: readonly { typeUrl: string; value: Uint8Array }[];
}

/** reply decodes the response to a message of the transaction. */
export function reply<T extends DescMessage>(done: TxDone, schema: T, index = 0): MessageShape<T> {
  const response = done.responses[index];
  if (!response) throw new Error(`transaction ${done.hash} has no answer ${index}`);
  return plain(fromBinary(schema, response.value));
}

/**
 * The gas used differs from the simulation, because other transactions change
 * the state meanwhile.
 */
const gasMargin = { times: 13n, over: 10n, plus: 20_000n };

/**
 * gasSalt bounds a random addition to the gas limit. Without it two browsers
 * with the same wallet that request the same thing in the same block would sign
 * identical bytes, and take one payment for two.
 */
const gasSalt = 4_096;

/** parseGasPrice returns the node's minimum price as a fraction of udbc. */
export function parseGasPrice(text: string): { num: bigint; den: bigint } {
  const match = text
    .split(",")
    .map((part) => /^(\d+)(?:\.(\d+))?([a-z].*)$/.exec(part.trim()))
    .find((m) => m?.[3] === DENOM);
  if (!match) return { num: 0n, den: 1n };
  const decimals = match[2] ?? "";
  return { num: BigInt((match[1] ?? "0") + decimals), den: 10n ** BigInt(decimals.length) };
}

/** feeFor returns the cost of gas at a price, rounded up. */
export function feeFor(gas: bigint, price: { num: bigint; den: bigint }): bigint {
  return (gas * price.num + price.den - 1n) / price.den;
}

/** priceUnit is the amount of gas to which the chain's minimum price refers. */
const priceUnit = 1_000_000n;

/**
 * leastFee is the fee that satisfies both the node and the chain's minimum,
 * which governance sets.
 */
export function leastFee(gas: bigint, node: string, floor: bigint): bigint {
  const asked = feeFor(gas, parseGasPrice(node));
  const least = feeFor(gas, { num: floor, den: priceUnit });
  if (asked < least) return least;
  return asked;
}

/** unsigned encodes the transaction for a simulation: nothing is signed for it. */
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

/**
 * sequenceOf returns an account's next sequence, or 0 if the chain does not
 * know it, which the simulation then reports.
 */
async function sequenceOf(address: string): Promise<bigint> {
  try {
    return (await query(AuthQuery.method.accountInfo, { address })).info?.sequence ?? 0n;
  } catch (error) {
    if (error instanceof ChainError) return 0n;
    throw error;
  }
}

/**
 * mostWaiting bounds the transactions of one account that wait for a block. The
 * chain simulates on the state after them, and the account's sequence is that
 * before them.
 */
const mostWaiting = 8n;

/**
 * simulate returns the gas that the messages use. The application's own path
 * keeps a refusal's codespace and code, which the gRPC method of the same name
 * drops.
 */
async function simulate(account: Account, messages: readonly TxMessage[]): Promise<bigint> {
  const first = await sequenceOf(account.address);
  for (let sequence = first; ; sequence++) {
    try {
      const answer = new TextDecoder().decode(await abciQuery("/app/simulate", unsigned(account, messages, sequence)));
      const { gas_info } = JSON.parse(answer) as { gas_info: { gas_used: string } };
      return BigInt(gas_info.gas_used);
    } catch (error) {
      if (!isSequence(error) || sequence === first + mostWaiting) throw error;
    }
  }
}

/** estimate simulates the messages. What the chain would refuse is refused here. */
export async function estimate(account: Account, messages: readonly TxMessage[]): Promise<Estimate> {
  const [used, config, floor] = await Promise.all([
    simulate(account, messages),
    query(NodeService.method.config, {}),
    query(GuardQuery.method.params, {}),
  ]);
  const gas = (used * gasMargin.times) / gasMargin.over + gasMargin.plus + BigInt(Math.floor(Math.random() * gasSalt));
  return { gas, fee: leastFee(gas, config.minimumGasPrice, floor.params?.minGasPrice ?? 0n) };
}
