import { useParams } from "react-router";
import { useChainQuery } from "../chain/hooks";
import { Query, type QueryExplainResponse } from "../gen/dbc/rental/v1/query_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { isMissing } from "../node/errors";
import { rightToBreak } from "../rentals/chain";
import { Asked } from "../ui/Asked";
import { Banner } from "../ui/Banner";
import { LinkButton } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { Card, Columns, Page, Stack } from "../ui/Layout";
import { useNow } from "../ui/useNow";
import css from "./Explain.module.css";
import { Money } from "./Money";
import { messages } from "./messages";
import { Timeline } from "./Timeline";

/** ExplainPage tells what happened to a rental and why, and where its money is. Anybody may read it. */
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

/** MayBreak tells that the renter may end the rental for its outages, and until when. */
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
                  <p key={name}>{m.mays[name] ?? name}</p>
                ))}
              </Stack>
            )}
          </Card>
        </>
      }
    >
      {waiting && (
        <Banner tone="warn" title={m.waits}>
          {m.waiting[waiting] ?? waiting}
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
