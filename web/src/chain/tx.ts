import type { DescMessage, Message, MessageInitShape, MessageShape, Registry } from "@bufbuild/protobuf";
import { create, fromBinary } from "@bufbuild/protobuf";
import { Service as NodeService } from "../gen/cosmos/base/node/v1beta1/query_pb";
import { Query as GuardQuery } from "../gen/dbc/guard/v1/query_pb";
import { DENOM } from "../money/udbc";
import { plain } from "../node/plain";
import type { Account } from "../wallet/store";
import { query } from "./query";

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

/** estimate asks the chain to try the messages out. What it would refuse, it refuses here. */
export async function estimate(account: Account, messages: readonly TxMessage[]): Promise<Estimate> {
  const { simulate } = await import("./cosmjs");
  const [used, config, floor] = await Promise.all([
    simulate(account, messages),
    query(NodeService.method.config, {}),
    query(GuardQuery.method.params, {}),
  ]);
  const gas = (used * gasMargin.times) / gasMargin.over + gasMargin.plus + BigInt(Math.floor(Math.random() * gasSalt));
  return { gas, fee: leastFee(gas, config.minimumGasPrice, floor.params?.minGasPrice ?? 0n) };
}
