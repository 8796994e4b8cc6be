import type { CSSProperties } from "react";
import type { QueryExplainResponse } from "../gen/dbc/rental/v1/query_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { besides, type Share, shares } from "../rental/story";
import { Card, Stack } from "../ui/Layout";
import css from "./Explain.module.css";

const messages = define({
  en: {
    money: "Where the rent is",
    beside: "Beside the rent",
    of: (sum: string) => `${sum} of rent were paid in all.`,
    places: {
      refundable: "In escrow: comes back whole unless it is confirmed",
      unearned: "In escrow: earned by the host as time passes",
      claimable: "In escrow: earned, for the host to claim",
      settling: "In escrow: about to be divided",
      host: "Paid to the host",
      renter: "Gone back to the renter",
      feeHeld: "Fee, in escrow until the trial is decided",
      pool: "Fee, in the community pool",
      feeHost: "Fee, the half that was paid to the host",
      feeBack: "Fee, gone back to the renter",
      stakePool: "Paid from the host's stake to the community pool",
      penalty: "Penalty, paid from the host's stake to the renter",
      held: "Penalty, held in escrow until a stake would be free, then paid to the renter",
      slashed: "Penalty, taken from what was held by a slash of the machine",
    },
  },
  zh: {
    money: "租金在哪里",
    beside: "租金之外",
    of: (sum) => `共支付租金 ${sum}。`,
    places: {
      refundable: "托管中：未确认则全部退回",
      unearned: "托管中：尚未使用，随时间付给出租方",
      claimable: "托管中：未结算租金，出租方可领取",
      settling: "托管中：即将结算",
      host: "已付给出租方",
      renter: "已退回租用方",
      feeHeld: "手续费，托管中，待试用了结",
      pool: "手续费，已入社区池",
      feeHost: "手续费，付给出租方的一半",
      feeBack: "手续费，已退回租用方",
      stakePool: "由出租方质押付给社区池",
      penalty: "违约金，由出租方质押付给租用方",
      held: "违约金，托管至质押解绑期满后付给租用方",
      slashed: "违约金，托管部分因机器被罚没而扣除",
    },
  },
});

/** Money shows where each part of the rent is, and other payments. */
export function Money({ told }: { told: QueryExplainResponse }) {
  const m = useMessages(messages);
  const format = useFormat();
  const parts = shares(told);
  const paid = told.rental?.paid ?? 0n;
  return (
    <Card title={m.money}>
      <Stack gap={12}>
        <div className={css.bar} aria-hidden="true">
          {parts.map(({ place, amount }) => (
            <span
              key={place}
              className={`${css.part} ${css[place]}`}
              style={{ "--share": Number((amount * 10_000n) / (paid || 1n)) } as CSSProperties}
            />
          ))}
        </div>
        <Shares of={parts} />
        <p className="muted small">{m.of(format.dbc(paid))}</p>
        <h3>{m.beside}</h3>
        <Shares of={besides(told)} />
      </Stack>
    </Card>
  );
}

function Shares({ of }: { of: readonly Share[] }) {
  const m = useMessages(messages);
  const format = useFormat();
  return (
    <ul>
      {of.map(({ place, amount }) => (
        <li key={place} className={css.share}>
          <span className={`${css.swatch} ${css[place]}`} aria-hidden="true" />
          <span>{m.places[place]}</span>
          <span className="num" data-place={place}>
            {format.dbc(amount)}
          </span>
        </li>
      ))}
    </ul>
  );
}
