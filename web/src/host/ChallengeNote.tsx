import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useChainQuery } from "../chain/hooks";
import { Query } from "../gen/dbc/machine/v1/query_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { Banner } from "../ui/Banner";
import { Command } from "../ui/Copy";
import { Stack } from "../ui/Layout";
import { useNow } from "../ui/useNow";

const messages = define({
  en: {
    challengeTitle: "Somebody asks whether this machine is there",
    challengeWhy: (left: string, when: string) =>
      `Its node must answer within ${left} (by ${when}). Otherwise the machine goes offline as of the question, and open trials are refunded with their fee from the stake. A node with operator_key in its core.conf answers by itself; by hand, on the machine's computer:`,
    challengeOver: "The time to answer is over; the next block takes the machine offline.",
    answerCommand: "the answer's command",
  },
  zh: {
    challengeTitle: "有人质询此机器是否在线",
    challengeWhy: (left, when) =>
      `机器节点须在 ${left} 内应答（${when} 之前）。否则机器自质询时刻起视为离线，试用中的租用将退款，手续费由质押支付。core.conf 中设有 operator_key 的节点会自动应答；手动应答请在宿主机上运行：`,
    challengeOver: "应答时间已过，下一个区块会将机器设为离线。",
    answerCommand: "应答命令",
  },
});

/**
 * ChallengeNote shows the oldest open challenge: until when it must be
 * answered, and how.
 */
export function ChallengeNote({ id }: { id: bigint }) {
  const m = useMessages(messages);
  const format = useFormat();
  const now = useNow();
  const { data } = useChainQuery(Query.method.challenge, { challengeId: id });
  const deadline = data?.challenge?.deadline && timestampDate(data.challenge.deadline);
  const left = deadline ? (deadline.getTime() - now) / 1_000 : 0;
  return (
    <Banner tone="warn" title={m.challengeTitle}>
      {deadline && (
        <Stack gap={8}>
          <p>{left > 0 ? m.challengeWhy(format.duration(left), format.exactTime(deadline)) : m.challengeOver}</p>
          {left > 0 && <Command text="dbc host answer --wallet operator" what={m.answerCommand} />}
        </Stack>
      )}
    </Banner>
  );
}
