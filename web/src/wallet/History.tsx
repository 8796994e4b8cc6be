import { fromBinary } from "@bufbuild/protobuf";
import { base64 } from "@scure/base";
import { useQuery } from "@tanstack/react-query";
import { History as HistoryIcon } from "lucide-react";
import { chainKey } from "../chain/key";
import { rpc } from "../chain/rpc";
import { TxBodySchema, TxRawSchema } from "../gen/cosmos/tx/v1beta1/tx_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { Asked } from "../ui/Asked";
import { Badge } from "../ui/Badge";
import { Hash } from "../ui/Copy";
import { Empty } from "../ui/Empty";
import { Card } from "../ui/Layout";
import { Table } from "../ui/Table";
import { messages } from "./messages";
import { changeOf, type Move } from "./moves";

interface FoundTx {
  hash: string;
  height: string;
  tx: string;
  tx_result: { code: number; events?: Move[] };
}

interface Line {
  hash: string;
  height: string;
  time: Date;
  names: string[];
  change: bigint;
  failed: boolean;
}

const newest = 20;

async function search(query: string, signal: AbortSignal): Promise<FoundTx[]> {
  const found = await rpc<{ txs: FoundTx[] }>(
    "tx_search",
    { query, prove: false, page: "1", per_page: String(newest), order_by: "desc" },
    signal,
  );
  return found.txs;
}

const times = new Map<string, Date>();

async function timeOf(height: string, signal: AbortSignal): Promise<Date> {
  const known = times.get(height);
  if (known) return known;
  const { header } = await rpc<{ header: { time: string } }>("header", { height }, signal);
  const time = new Date(header.time);
  times.set(height, time);
  return time;
}

async function load(address: string, signal: AbortSignal): Promise<Line[]> {
  const [sent, received] = await Promise.all([
    search(`message.sender='${address}'`, signal),
    search(`transfer.recipient='${address}'`, signal),
  ]);
  const all = new Map([...sent, ...received].map((tx) => [tx.hash, tx]));
  const lines = [...all.values()].sort((a, b) => Number(BigInt(b.height) - BigInt(a.height))).slice(0, newest);
  return Promise.all(
    lines.map(async (tx) => ({
      hash: tx.hash,
      height: tx.height,
      time: await timeOf(tx.height, signal),
      names: namesOf(tx.tx),
      change: changeOf(address, tx.tx_result.events ?? []),
      failed: tx.tx_result.code !== 0,
    })),
  );
}

function namesOf(tx: string): string[] {
  const body = fromBinary(TxBodySchema, fromBinary(TxRawSchema, base64.decode(tx)).bodyBytes);
  return body.messages.map((any) => any.typeUrl.slice(any.typeUrl.lastIndexOf(".") + 1));
}

/** History is the newest transactions that an account sent or got coins by. */
export function History({ address }: { address: string }) {
  const m = useMessages(messages);
  const format = useFormat();
  const found = useQuery({
    queryKey: [chainKey, "history", address],
    queryFn: ({ signal }) => load(address, signal),
    refetchInterval: 10_000,
  });
  const { data } = found;
  return (
    <Card title={m.history} flush>
      <Asked query={found} label={m.history} />
      {data?.length === 0 && (
        <Empty icon={<HistoryIcon aria-hidden="true" />} title={m.historyEmpty}>
          {m.historyNote}
        </Empty>
      )}
      {data !== undefined && data.length > 0 && (
        <Table
          label={m.history}
          rows={data}
          rowKey={(line) => line.hash}
          columns={[
            { name: m.when, cell: (line) => format.time(line.time) },
            {
              name: m.what,
              cell: (line) => (
                <>
                  {line.names
                    .map((name) => (name === "MsgSend" && line.change > 0n ? m.received : (m.txName[name] ?? name)))
                    .join(", ")}{" "}
                  {line.failed && <Badge tone="bad">{m.failed}</Badge>}
                </>
              ),
            },
            { name: m.change, right: true, cell: (line) => `${line.change > 0n ? "+" : ""}${format.dbc(line.change)}` },
            { name: m.tx, right: true, cell: (line) => <Hash text={line.hash} what={m.tx} head={6} tail={4} /> },
          ]}
        />
      )}
    </Card>
  );
}
