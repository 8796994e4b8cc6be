import { toJson } from "@bufbuild/protobuf";
import { sha256 } from "@noble/hashes/sha2.js";
import { query } from "../chain/query";
import { rpc } from "../chain/rpc";
import { Query as AuthQuery } from "../gen/cosmos/auth/v1beta1/query_pb";
import { toHex } from "../wallet/encoding";
import { boxKey, drop, inTurn, keep, kept, type Sent } from "../wallet/outbox";
import { signer } from "../wallet/signer";
import type { Account } from "../wallet/store";
import { sign } from "./cosmjs";
import { Lost, type Status, settle } from "./settle";
import type { Estimate, TxDone, TxMessage } from "./tx";

/**
 * validBlocks is how long a transaction may wait for its block; the user of an
 * extension has to read it first.
 */
const validBlocks = { local: 30n, keplr: 120n };

/** attempts for an account that another computer uses too. */
const attempts = 5;

/**
 * Stage is the current step: waiting for another tab, an earlier transaction,
 * the signature, or the block.
 */
export type Stage = { at: "queue" } | { at: "earlier"; sent: Sent } | { at: "sign" } | { at: "send"; sent: Sent };

/**
 * quoted are the bounds set by a quote, which changes when the same is
 * requested again.
 */
const quoted = ["max_total", "listing_version"];

/** wishOf returns what messages request. */
export function wishOf(messages: readonly TxMessage[]): string {
  return JSON.stringify(
    messages.map(({ schema, value, registry }) => {
      const json = toJson(schema, value, { useProtoFieldName: true, ...(registry && { registry }) }) as object;
      return [schema.typeName, Object.entries(json).filter(([name]) => !quoted.includes(name))];
    }),
  );
}

/**
 * Sending is the outcome of a transaction. earlier: an earlier transaction had
 * requested the same, and nothing was signed.
 */
export interface Sending {
  done: TxDone;
  earlier: boolean;
}

/**
 * send signs and sends messages as one transaction, after the account's earlier
 * transaction is settled, and returns when a block has executed it. Whatever
 * the answers say, it does not return before the outcome is known.
 */
export async function send(
  chainId: string,
  account: Account,
  messages: readonly TxMessage[],
  cost: Estimate,
  on: (stage: Stage) => void,
): Promise<Sending> {
  // Another tab may settle it while this one waits for its turn.
  const seen = await kept(chainId, account.address);
  const work = async () => {
    const before = (await kept(chainId, account.address)) ?? seen;
    if (before) {
      on({ at: "earlier", sent: before });
      const done = await settleKept(before);
      if (done && before.wish === wishOf(messages)) return { done, earlier: true };
    }
    for (let attempt = 1; ; attempt++) {
      on({ at: "sign" });
      const sent = await signNew(chainId, account, messages, cost);
      await keep(sent);
      on({ at: "send", sent });
      try {
        return { done: await settle(sent, true), earlier: false };
      } catch (error) {
        if (!(error instanceof Lost && error.by) || attempt === attempts) throw error;
      } finally {
        await drop(sent);
      }
    }
  };
  const sending = await inTurn(chainId, account.address, work, () => on({ at: "queue" }));
  if (!sending) throw new Error("the browser gave no turn");
  return sending;
}

/**
 * settleKept returns the result of what was sent before, or undefined if it had
 * no effect.
 */
export async function settleKept(sent: Sent): Promise<TxDone | undefined> {
  let done: TxDone | undefined;
  try {
    done = await settle(sent, false);
  } catch {
    // It had no effect, and never will: settle throws nothing else.
  }
  await drop(sent);
  return done;
}

async function signNew(
  chainId: string,
  account: Account,
  messages: readonly TxMessage[],
  cost: Estimate,
): Promise<Sent> {
  const [{ sync_info: newest }, { info }] = await Promise.all([
    rpc<Status>("status", {}),
    query(AuthQuery.method.accountInfo, { address: account.address }),
  ]);
  if (!info) throw new Error(`the chain told nothing of account ${account.address}`);
  const height = BigInt(newest.latest_block_height);
  const last = height + validBlocks[account.kind];
  const at = { address: account.address, chainId, accountNumber: info.accountNumber, sequence: info.sequence, last };
  const bytes = await sign(await signer(chainId, account), at, messages, cost);
  return {
    key: boxKey(chainId, account.address),
    chainId,
    address: account.address,
    sequence: info.sequence,
    hash: toHex(sha256(bytes)).toUpperCase(),
    bytes,
    last,
    names: messages.map(({ schema }) => schema.name),
    wish: wishOf(messages),
    at: Date.now(),
    height,
    block: newest.latest_block_hash,
  };
}
