import { useParams } from "react-router";
import { useChainQuery } from "../chain/hooks";
import { Query, type QueryExplainResponse } from "../gen/dbc/rental/v1/query_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages, wordFor } from "../i18n/messages";
import { isMissing } from "../node/errors";
import { rightToBreak } from "../rental/chain";
import { Asked } from "../ui/Asked";
import { Banner } from "../ui/Banner";
import { LinkButton } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { Card, Columns, Page, Stack } from "../ui/Layout";
import { useNow } from "../ui/useNow";
import css from "./Explain.module.css";
import { Money } from "./Money";
import { Timeline } from "./Timeline";

const messages = define({
  en: {
    title: (id: string) => `Rental ${id}: what happened and why`,
    lead: "Every change of the rental as the chain recorded it, and where its money is now.",
    loading: "Reading the rental's history…",
    notFound: "There is no rental with this number",
    notFoundWhy: "Closed rentals are kept for 90 days.",
    rentals: "My rentals",
    toRental: "To the rental",
    timeline: "What happened",
    waits: "What it waits for",
    waiting: {
      challenge:
        "Somebody asks whether the machine was there. The money is divided when the machine has answered, or failed to.",
      parked: "Settling it failed several times. The next message to its machine tries again.",
      penalty: "A part of the penalty is held in escrow. It is paid to the renter when a stake would be free.",
    } as Record<string, string>,
    may: "What can be done now",
    mays: {
      ConfirmRent:
        "Confirm: the rental counts, from then on rent comes back only by leaving, if the listing has an exit notice",
      CancelRent:
        "Cancel: the whole rent comes back; of the fee the host has half, or nothing where the machine is the cause",
      BreakRental: "End it early: the host at any time, at a cost from the stake; the renter after too long an outage",
      ReletMachine: "Renew: add time",
      LeaveRental: "Leave: the exit notice is paid, the rent beyond it comes back to the renter at once",
      ClaimRent: "Claim: the host takes what is earned so far",
    } as Record<string, string>,
    mayNothing: "Nothing: it is over.",
    mayBreak: (most: string) =>
      `It was offline for more than ${most}: the renter may end the rental, with a penalty from the host's stake.`,
    mayBreakUntil: (most: string, time: string) =>
      `It was offline for more than ${most}: the renter may end the rental until ${time}, with a penalty from the host's stake.`,
    outage: (span: string) => `The machine was offline for ${span} in total. That time earns the host nothing.`,
    exact: "The chain's own words",
  },
  zh: {
    title: (id) => `租用 ${id}：经过与原因`,
    lead: "链上记录的每一次变化，以及资金现在的去向。",
    loading: "正在读取租用记录……",
    notFound: "没有该编号的租用",
    notFoundWhy: "已结束的租用保留 90 天。",
    rentals: "我的租用",
    toRental: "前往该租用",
    timeline: "经过",
    waits: "在等什么",
    waiting: {
      challenge: "有人质询该机器是否在线。机器应答或逾期后才会分配资金。",
      parked: "结算多次失败。下一条涉及该机器的消息会再次尝试。",
      penalty: "部分违约金仍在托管中，质押解绑期满后付给租用方。",
    },
    may: "现在可以做什么",
    mays: {
      ConfirmRent: "确认：租用生效，此后只有挂牌有退租通知期时，提前退租才能取回租金",
      CancelRent: "取消：全部租金退回；手续费一半归出租方，因机器的问题取消则不归",
      BreakRental: "提前终止：出租方随时可以，但须从质押中支付违约金；租用方在离线过久后可以",
      ReletMachine: "续租：增加时长",
      LeaveRental: "提前退租：仍须支付退租通知期的租金，其后的租金立即退回租用方",
      ClaimRent: "领取：出租方领取目前的未结算租金",
    },
    mayNothing: "无：租用已结束。",
    mayBreak: (most) => `机器离线已超过 ${most}：租用方可以结束租用，并获得出租方质押支付的违约金。`,
    mayBreakUntil: (most, time) =>
      `机器离线已超过 ${most}：租用方在 ${time} 之前可以结束租用，并获得出租方质押支付的违约金。`,
    outage: (span) => `机器累计离线 ${span}，这段时间出租方没有收入。`,
    exact: "链的原文（英文）",
  },
});

/**
 * ExplainPage shows what happened to a rental and why, and where its money is.
 * Anybody may read it.
 */
export default function ExplainPage() {
  const m = useMessages(messages);
  const { rentId = "" } = useParams();
  const valid = /^\d{1,19}$/.test(rentId);
  const found = useChainQuery(Query.method.explain, { rentId: valid ? BigInt(rentId) : 0n }, { enabled: valid });
  if (!valid || isMissing(found.error))
    return (
      <Empty
        title={m.notFound}
        action={
          <LinkButton variant="primary" to="/rentals">
            {m.rentals}
          </LinkButton>
        }
      >
        {m.notFoundWhy}
      </Empty>
    );
  return (
    <Page
      title={m.title(rentId)}
      lead={m.lead}
      actions={<LinkButton to={`/rentals/${rentId}`}>{m.toRental}</LinkButton>}
    >
      <Asked query={found} label={m.loading} />
      {found.data && <Story told={found.data} />}
    </Page>
  );
}

/**
 * MayBreak shows that the renter may end the rental because of outages, and
 * until when.
 */
function MayBreak({ told }: { told: QueryExplainResponse }) {
  const m = useMessages(messages);
  const format = useFormat();
  const right = rightToBreak(told.renterBreak, useNow());
  if (!right?.allowed) return null;
  const limit = format.duration(right.limit);
  return (
    <Banner tone="warn">
      {right.until === 0 ? m.mayBreak(limit) : m.mayBreakUntil(limit, format.exactTime(new Date(right.until)))}
    </Banner>
  );
}

function Story({ told }: { told: QueryExplainResponse }) {
  const m = useMessages(messages);
  const format = useFormat();
  const { rental, waiting, may, lines } = told;
  if (!rental) return null;
  return (
    <Columns
      side={
        <>
          <Money told={told} />
          <Card title={m.may}>
            {may.length === 0 ? (
              <p>{m.mayNothing}</p>
            ) : (
              <Stack gap={8}>
                {may.map((name) => (
                  <p key={name}>{wordFor(m.mays, name)}</p>
                ))}
              </Stack>
            )}
          </Card>
        </>
      }
    >
      {waiting && (
        <Banner tone="warn" title={m.waits}>
          {wordFor(m.waiting, waiting)}
        </Banner>
      )}
      {rental.outageNs > 0n && (
        <Banner tone="info">{m.outage(format.duration(Number(rental.outageNs / 1_000_000_000n)))}</Banner>
      )}
      <MayBreak told={told} />
      <Card title={m.timeline}>
        <Stack>
          <Timeline rental={rental} />
          <details className={css.exact}>
            <summary>{m.exact}</summary>
            <ul lang="en">
              {lines.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </details>
        </Stack>
      </Card>
    </Columns>
  );
}
