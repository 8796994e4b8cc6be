import { fromBinary } from "@bufbuild/protobuf";
import { base64 } from "@scure/base";
import { useQuery } from "@tanstack/react-query";
import { History as HistoryIcon } from "lucide-react";
import { chainKey } from "../chain/key";
import { rpc } from "../chain/rpc";
import { TxBodySchema, TxRawSchema } from "../gen/cosmos/tx/v1beta1/tx_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages, wordFor } from "../i18n/messages";
import { Asked } from "../ui/Asked";
import { Badge } from "../ui/Badge";
import { Hash } from "../ui/Copy";
import { Empty } from "../ui/Empty";
import { Card } from "../ui/Layout";
import { Table } from "../ui/Table";
import { changeOf, type Move } from "../wallet/moves";

const messages = define({
  en: {
    history: "History",
    historyEmpty: "No transactions yet",
    historyNote: "Refunds and payouts that the chain makes by itself are told on the rental's page.",
    when: "When",
    what: "What",
    change: "Change",
    failed: "failed",
    tx: "Transaction",
    txName: {
      MsgRentMachine: "Rent a machine",
      MsgConfirmRent: "Confirm a rental",
      MsgCancelRent: "Cancel a rental",
      MsgLeaveRental: "Leave a rental",
      MsgReletMachine: "Renew a rental",
      MsgBreakRental: "End a rental early",
      MsgClaimRent: "Claim rent",
      MsgBondMachines: "Bond a machine",
      MsgUpdateFacts: "Tell a machine's facts",
      MsgSetPrice: "Set the price",
      MsgSetOnline: "Go online",
      MsgSetSlots: "Take slots out of service",
      MsgSetOffline: "Go offline",
      MsgDrain: "Drain a machine",
      MsgChallenge: "Challenge a machine",
      MsgAnswerChallenge: "Answer a challenge",
      MsgAddStake: "Add to the stake",
      MsgRetire: "Retire a machine",
      MsgWithdrawStake: "Withdraw the stake",
      MsgSend: "Send",
    } as Record<string, string>,
    received: "Received",
  },
  zh: {
    history: "交易记录",
    historyEmpty: "暂无交易",
    historyNote: "由链自动执行的退款和结算显示在租用页面上。",
    when: "时间",
    what: "内容",
    change: "变动",
    failed: "失败",
    tx: "交易",
    txName: {
      MsgRentMachine: "租用机器",
      MsgConfirmRent: "确认租用",
      MsgCancelRent: "取消租用",
      MsgLeaveRental: "提前退租",
      MsgReletMachine: "续租",
      MsgBreakRental: "提前终止租用",
      MsgClaimRent: "领取租金",
      MsgBondMachines: "登记机器",
      MsgUpdateFacts: "更新挂牌信息",
      MsgSetPrice: "设定价格",
      MsgSetOnline: "上线",
      MsgSetSlots: "停用卡位",
      MsgSetOffline: "下线",
      MsgDrain: "排空机器",
      MsgChallenge: "质询机器",
      MsgAnswerChallenge: "应答质询",
      MsgAddStake: "增加质押",
      MsgRetire: "退役机器",
      MsgWithdrawStake: "取回质押",
      MsgSend: "转账",
    },
    received: "收款",
  },
});

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

/**
 * History lists the newest transactions that an account sent or received coins
 * from.
 */
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
                    .map((name) => (name === "MsgSend" && line.change > 0n ? m.received : wordFor(m.txName, name)))
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
