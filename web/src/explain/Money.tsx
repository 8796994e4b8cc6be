import type { CSSProperties } from "react";
import type { QueryExplainResponse } from "../gen/dbc/rental/v1/query_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { Card, Stack } from "../ui/Layout";
import css from "./Explain.module.css";
import { messages } from "./messages";
import { besides, type Share, shares } from "./story";

/** Money shows where each part of the rent is, and what moved beside it. */
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
