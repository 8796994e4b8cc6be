import { useHead } from "../chain/head";
import { standing } from "../chain/standing";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { useMeta } from "../node/meta";
import { useNow } from "../ui/useNow";
import { messages } from "./messages";
import css from "./NetworkState.module.css";

/**
 * NetworkState shows which chain this is, whether it makes progress, and what
 * is unreachable.
 */
export function NetworkState() {
  const m = useMessages(messages);
  const format = useFormat();
  const meta = useMeta();
  const head = useHead();
  const state = standing(head.data, head.error, Date.now(), useNow());
  const words = (): readonly ["good" | "warn" | "bad", string] => {
    switch (state.is) {
      case "unknown":
        return ["good", m.loading];
      case "moving":
        return ["good", m.block(format.number(state.height))];
      case "still":
        return ["warn", m.chainBehind(format.duration(state.seconds, 1))];
      default:
        return ["bad", m[state.is]];
    }
  };
  const [tone, text] = words();
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
