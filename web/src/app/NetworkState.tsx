import { useHead } from "../chain/head";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { useMeta } from "../node/meta";
import { useNow } from "../ui/useNow";
import { messages } from "./messages";
import css from "./NetworkState.module.css";

/** A chain makes a block every few seconds; after this many without one it stands still. */
const silent = 60;

/** NetworkState tells which chain this is and whether it moves. */
export function NetworkState() {
  const m = useMessages(messages);
  const format = useFormat();
  const meta = useMeta();
  const head = useHead();
  const now = useNow();
  const age = head.data ? (now - head.data.time.getTime()) / 1_000 : 0;
  const [tone, text] = head.isError
    ? (["bad", m.chainAway] as const)
    : age > silent
      ? (["warn", m.chainBehind(format.duration(age, 1))] as const)
      : (["good", head.data ? m.block(format.number(head.data.height)) : m.loading] as const);
  return (
    <div className={css.state} role={tone === "good" ? undefined : "status"}>
      <span className={`${css.dot} ${css[tone]}`} aria-hidden="true" />
      <span className={tone === "good" ? css.chain : css.told}>
        {tone === "good" ? (
          <>
            <span>{meta?.chain_id}</span> <span className="muted num">{text}</span>
          </>
        ) : (
          text
        )}
      </span>
    </div>
  );
}
