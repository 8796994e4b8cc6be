import type { QueryClient } from "@tanstack/react-query";
import { isOutage } from "../node/errors";
import { plain } from "../node/plain";
import { type Head, headKey, later } from "./head";
import { chainKey } from "./key";

/**
 * Follows the chain over a WebSocket: its newest block, and which machines,
 * rentals and accounts a block touched, whose queries are then repeated.
 * Without the WebSocket the chain is polled instead.
 */

/** The subscriptions; a socket may have five. */
const subscriptions = [
  "tm.event='NewBlockHeader'",
  "tm.event='NewBlockEvents'",
  "tm.event='Tx' AND message.module='rental'",
  "tm.event='Tx' AND message.module='machine'",
];

/**
 * patience is how long after the last block the chain is polled, and the
 * interval of polling, in ms.
 */
const patience = 5_000;
/** unpushed is the interval of the chain's queries without a WebSocket, in ms. */
const unpushed = 10_000;
const firstWait = 1_000;
const longestWait = 15_000;

interface Event {
  type: string;
  attributes?: { key: string; value: string }[] | null;
}

interface Message {
  result?: {
    data?: {
      type: string;
      value: {
        header?: { chain_id: string; height: string; time: string };
        events?: Event[] | null;
        TxResult?: { result: { events?: Event[] | null } };
      };
    };
  };
}

/**
 * News is the content of one message: a block, or the names that a block
 * touched, as JSON strings.
 */
export interface News {
  head?: Omit<Head, "seen">;
  touched?: string[];
}

/** readNews parses a message of the WebSocket. */
export function readNews(text: string): News {
  const { value } = (plain(JSON.parse(text)) as Message).result?.data ?? {};
  if (value?.header) {
    const { chain_id, height, time } = value.header;
    return { head: { chainId: chain_id, height: BigInt(height), time: new Date(time) } };
  }
  const events = [...(value?.events ?? []), ...(value?.TxResult?.result.events ?? [])];
  const values = events
    .filter(({ type }) => type.startsWith("dbc.") || type === "transfer")
    .flatMap(({ attributes }) => attributes ?? [])
    .filter(({ value: told }) => told)
    .map(({ value: told }) => (told.startsWith('"') ? told : JSON.stringify(told)));
  return { touched: [...new Set(values)] };
}

/** concerns reports whether a chain query asks for something that was touched. */
export function concerns(key: readonly unknown[], touched: readonly string[]): boolean {
  const request = key[0] === chainKey ? key.slice(1).map((part) => `"${String(part)}" ${String(part)}`) : [];
  return touched.some((name) => request.some((part) => part.includes(name)));
}

/** startLive follows the chain until the page is closed. */
export function startLive(client: QueryClient): void {
  let heard = Date.now();
  let refreshed = Date.now();
  let open = false;
  let wait = firstWait;

  const connect = () => {
    const url = new URL("/chain/rpc/websocket", location.origin);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.onopen = () => {
      open = true;
      wait = firstWait;
      for (const [id, query] of subscriptions.entries())
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "subscribe", params: { query } }));
    };
    socket.onmessage = ({ data }) => tell(readNews(String(data)));
    socket.onclose = () => {
      if (open) void client.invalidateQueries({ queryKey: headKey });
      open = false;
      setTimeout(connect, wait);
      wait = Math.min(wait * 2, longestWait);
    };
  };
  const tell = ({ head, touched = [] }: News) => {
    if (head) {
      heard = Date.now();
      client.setQueryData<Head>(headKey, (before) => later(before, head, Date.now()));
      recover(client);
    }
    if (touched.length) void client.invalidateQueries({ predicate: ({ queryKey }) => concerns(queryKey, touched) });
  };
  const ask = async () => {
    heard = Date.now();
    await client.refetchQueries({ queryKey: headKey });
    if (client.getQueryState(headKey)?.status === "success") recover(client);
  };
  connect();
  setInterval(() => {
    if (Date.now() - heard >= patience) void ask();
    if (open || Date.now() - refreshed < unpushed) return;
    refreshed = Date.now();
    void client.invalidateQueries({ queryKey: [chainKey] });
  }, 500);
}

/**
 * recover repeats the queries that failed during an outage, once node and chain
 * answer.
 */
function recover(client: QueryClient): void {
  void client.refetchQueries({
    type: "active",
    predicate: ({ state }) =>
      state.status === "error" && isOutage(state.error) && Date.now() - state.errorUpdatedAt > patience,
  });
}
