import { BinaryReader } from "@bufbuild/protobuf/wire";
import { base64 } from "@scure/base";
import { Query as AuthQuery } from "../gen/cosmos/auth/v1beta1/query_pb";
import type { Sent } from "../wallet/outbox";
import { query } from "./query";
import { ChainError, cleanLog, rpc } from "./rpc";
import type { TxDone, TxEvent } from "./tx";

/** What became of a transaction. Its hash alone tells; no answer to its sending does. */

export interface Status {
  sync_info: { latest_block_height: string; latest_block_hash: string };
}

/** Lost means: no block has the transaction, and none ever will. */
export class Lost extends Error {
  override name = "Lost";
  constructor(
    readonly hash: string,
    /** by is the transaction that took its place, where one did. */
    readonly by?: string,
  ) {
    super(
      by ? `another transaction of the account took its place: ${by}` : "no block included it in time, and none will",
    );
  }
}

const pollMs = 800;
const repostMs = 4_000;
/** lag is how many blocks the node's index is given. */
const lag = 2n;
/** postMs is what a node may take to answer; past it the transaction is looked for. */
const postMs = 10_000;

interface Found {
  hash: string;
  height: string;
  tx_result: { code?: number; codespace?: string; log?: string; data?: string | null; events?: TxEvent[] | null };
}

const search = (text: string) =>
  rpc<{ txs: Found[] | null }>("tx_search", { query: text, prove: false, page: "1", per_page: "1", order_by: "asc" });

const height = async () => BigInt((await rpc<Status>("status", {})).sync_info.latest_block_height);

/** responsesOf reads cosmos.base.abci.v1beta1.TxMsgData: field 2 holds an Any for each message. */
function responsesOf(data: string): TxDone["responses"] {
  const reader = new BinaryReader(base64.decode(data));
  const responses: { typeUrl: string; value: Uint8Array }[] = [];
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field !== 2) {
      reader.skip(wire);
      continue;
    }
    const any = new BinaryReader(reader.bytes());
    const response: { typeUrl: string; value: Uint8Array } = { typeUrl: "", value: new Uint8Array() };
    while (any.pos < any.len) {
      const [part, kind] = any.tag();
      if (part === 1) response.typeUrl = any.string();
      else if (part === 2) response.value = any.bytes();
      else any.skip(kind);
    }
    responses.push(response);
  }
  return responses;
}

function doneOf({ hash, height: at, tx_result: result }: Found): TxDone {
  if (result.code) throw new ChainError(result.codespace ?? "", result.code, cleanLog(result.log ?? ""));
  return { hash, height: Number(at), events: result.events ?? [], responses: responsesOf(result.data ?? "") };
}

/** post sends the bytes. It throws the mempool's refusal; of anything else nothing follows. */
async function post(bytes: Uint8Array): Promise<void> {
  const answer = await rpc<{ code?: number; codespace?: string; log?: string }>(
    "broadcast_tx_sync",
    { tx: base64.encode(bytes) },
    AbortSignal.timeout(postMs),
  );
  if (answer.code) throw new ChainError(answer.codespace ?? "", answer.code, cleanLog(answer.log ?? ""));
}

/** wrongSequence of the SDK: the account has used it. */
const isSequence = (error: unknown) => error instanceof ChainError && error.codespace === "sdk" && error.code === 32;

/**
 * verdict throws where a transaction that no block has can be in none: past its
 * last block its sequence is unused, so that whatever is signed next excludes
 * it; or another transaction used it. A node that shows neither is waited for.
 */
async function verdict(sent: Sent, past: boolean, refusal: ChainError | undefined): Promise<void> {
  const { info } = await query(AuthQuery.method.accountInfo, { address: sent.address });
  if (!info) return;
  if (info.sequence <= sent.sequence) {
    if (past) throw refusal ?? new Lost(sent.hash);
    return;
  }
  const other = (await search(`tx.acc_seq='${sent.address}/${sent.sequence}'`)).txs?.[0]?.hash;
  if (other && other !== sent.hash) throw new Lost(sent.hash, other);
}

/** isOther tells that the node is certainly on another chain, as a devnet that was made anew is. */
async function isOther(sent: Sent): Promise<boolean> {
  const at = sent.height.toString();
  const { block_metas: [meta] = [] } = await rpc<{ block_metas: { block_id: { hash: string } }[] }>("blockchain", {
    minHeight: at,
    maxHeight: at,
  });
  return meta !== undefined && meta.block_id.hash !== sent.block;
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/**
 * settle returns when a block has carried the transaction out, throws the
 * chain's refusal or Lost, and waits for as long as neither is known. What went
 * lost is sent again. fresh: this is the first time that it is sent.
 */
export async function settle(sent: Sent, fresh: boolean): Promise<TxDone> {
  let until = sent.last;
  let refusal: ChainError | undefined;
  let doubtful = false;
  let posted = 0;
  const send = async () => {
    posted = Date.now();
    try {
      await post(sent.bytes);
    } catch (error) {
      if (isSequence(error)) doubtful = true;
      else if (fresh && error instanceof ChainError) {
        // Something on the way may have sent it twice, and this be the answer
        // to the second: the blocks that follow tell.
        refusal = error;
        until = sent.height + 1n;
      }
    }
    fresh = false;
  };
  if (fresh) await send();
  else if (await isOther(sent).catch(() => false)) throw new Lost(sent.hash);
  for (;;) {
    let found: Found | undefined;
    try {
      // Asked for before the lookup, so that it is older than its answer.
      const past = (await height()) > until + lag;
      found = (await search(`tx.hash='${sent.hash}'`)).txs?.[0];
      if (!found && (past || doubtful)) await verdict(sent, past, refusal);
      if (!found && !past && !refusal && Date.now() - posted > repostMs) await send();
    } catch (error) {
      // What else fails says nothing of the transaction.
      if (error instanceof Lost || (refusal && error === refusal)) throw error;
    }
    if (found) return doneOf(found);
    await pause(pollMs);
  }
}
