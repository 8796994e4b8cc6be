import { BinaryReader } from "@bufbuild/protobuf/wire";
import { base64 } from "@scure/base";
import { query } from "../chain/query";
import { cleanLog, isSequence, rpc } from "../chain/rpc";
import { Query as AuthQuery } from "../gen/cosmos/auth/v1beta1/query_pb";
import { ChainError } from "../node/errors";
import type { Sent } from "../wallet/outbox";
import type { TxDone, TxEvent } from "./tx";

/**
 * Determines the outcome of a transaction by its hash alone; no answer to
 * sending it is trusted.
 */

export interface Status {
  sync_info: { latest_block_height: string; latest_block_hash: string };
}

/** Lost is thrown if no block has the transaction, and none ever will. */
export class Lost extends Error {
  override name = "Lost";
  constructor(
    readonly hash: string,
    /** by is the transaction that took its place, if there is one. */
    readonly by?: string,
  ) {
    super(
      by ? `another transaction of the account took its place: ${by}` : "no block included it in time, and none will",
    );
  }
}

const pollMs = 800;
const repostMs = 4_000;
/** lag is the number of blocks by which the node's index may lag. */
const lag = 2n;
/**
 * postMs is how long a node may take to answer; after that the transaction is
 * looked up.
 */
const postMs = 10_000;

interface Found {
  hash: string;
  height: string;
  tx_result: { code?: number; codespace?: string; log?: string; data?: string | null; events?: TxEvent[] | null };
}

const search = (text: string) =>
  rpc<{ txs: Found[] | null }>("tx_search", { query: text, prove: false, page: "1", per_page: "1", order_by: "asc" });

const height = async () => BigInt((await rpc<Status>("status", {})).sync_info.latest_block_height);

/**
 * responsesOf decodes cosmos.base.abci.v1beta1.TxMsgData: field 2 has an Any
 * for each message.
 */
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

/**
 * post sends the bytes. It throws the mempool's refusal; no other failure says
 * anything about the transaction.
 */
async function post(bytes: Uint8Array): Promise<void> {
  const answer = await rpc<{ code?: number; codespace?: string; log?: string }>(
    "broadcast_tx_sync",
    { tx: base64.encode(bytes) },
    AbortSignal.timeout(postMs),
  );
  if (answer.code) throw new ChainError(answer.codespace ?? "", answer.code, cleanLog(answer.log ?? ""));
}

/**
 * verdict throws if a transaction that no block includes can never be included:
 * either its sequence is unused past its last block, so that whatever is signed
 * next excludes it, or another transaction used the sequence. If the node shows
 * neither, waiting continues.
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

/**
 * isOther reports whether the node is certainly on another chain, such as a
 * devnet that was created anew.
 */
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
 * settle returns when a block has executed the transaction, throws the chain's
 * refusal or Lost, and waits as long as neither is known. It resends a lost
 * transaction. fresh means that it is being sent for the first time.
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
        // Something in between may have sent it twice, and this may be the
        // answer to the second copy: the following blocks decide.
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
      // Query this before the lookup, so that it is older than its answer.
      const past = (await height()) > until + lag;
      found = (await search(`tx.hash='${sent.hash}'`)).txs?.[0];
      if (!found && (past || doubtful)) await verdict(sent, past, refusal);
      if (!found && !past && !refusal && Date.now() - posted > repostMs) await send();
    } catch (error) {
      // No other failure says anything about the transaction.
      if (error instanceof Lost || (refusal && error === refusal)) throw error;
    }
    if (found) return doneOf(found);
    await pause(pollMs);
  }
}
