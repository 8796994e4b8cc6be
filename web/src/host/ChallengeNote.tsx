import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useChainQuery } from "../chain/hooks";
import { Query } from "../gen/dbc/machine/v1/query_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { Banner } from "../ui/Banner";
import { Command } from "../ui/Copy";
import { Stack } from "../ui/Layout";
import { useNow } from "../ui/useNow";
import { messages } from "./messages";

/** ChallengeNote tells of the oldest open challenge: until when it must be answered, and how. */
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
