import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Reason, type Rental, type Transition } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { names, stateTones } from "../rentals/chain";
import { messages as rentals } from "../rentals/messages";
import { Badge } from "../ui/Badge";
import css from "./Explain.module.css";
import { messages } from "./messages";
import { effectsOf, recorded, since } from "./story";

/** mostKept is how many changes the chain keeps of a rental. */
const mostKept = 16;

/** Timeline is a rental's changes, oldest first. */
export function Timeline({ rental }: { rental: Rental }) {
  const m = useMessages(messages);
  const { transitions } = rental;
  return (
    <>
      {transitions.length >= mostKept && <p className="muted small">{m.kept}</p>}
      <ol>
        {transitions.map((transition, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a history only grows, and one block may hold two changes
          <Line key={i} transition={transition} />
        ))}
        {!recorded(rental) && (
          <li className={css.line}>
            <strong>{m.overdue}</strong>
          </li>
        )}
      </ol>
    </>
  );
}

function Line({ transition: { time, from, to, reason, height, cause } }: { transition: Transition }) {
  const m = useMessages(messages);
  const { states, causes } = useMessages(rentals);
  const format = useFormat();
  const at = time && timestampDate(time);
  const effects = effectsOf(from, reason);
  const name = names[to];
  return (
    <li className={css.line}>
      <span className="small muted num">
        {at && (
          <time dateTime={at.toISOString()}>
            {format.exactTime(at)} · {m.ago(format.duration(since(at)))}
          </time>
        )}{" "}
        · {m.block(format.number(height))}
      </span>
      <span>
        <strong>{m.reasons[reason]}</strong> <Badge tone={stateTones[name]}>{states[name]}</Badge>
      </span>
      <ul>
        {effects.map((effect) => (
          <li key={effect}>{m.effects[effect]}</li>
        ))}
        {reason === Reason.CONFIRMED && <li>{m.forGood}</li>}
        {causes[cause] && <li>{m.said(causes[cause])}</li>}
      </ul>
    </li>
  );
}
