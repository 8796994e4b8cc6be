import type { Registry } from "@bufbuild/protobuf";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import type { TxDone } from "../signing/tx";
import { Hash } from "../ui/Copy";
import { Card, Facts, Stack } from "../ui/Layout";
import css from "./Developer.module.css";
import { readAnswer } from "./json";

const messages = define({
  en: {
    result: "Carried out",
    hash: "Transaction",
    block: "Block",
    answerOf: (name: string) => `Answer to ${name}`,
    events: (n: string) => `Events (${n})`,
  },
  zh: {
    result: "已执行",
    hash: "交易",
    block: "区块",
    answerOf: (name) => `${name} 的返回`,
    events: (n) => `事件（${n}）`,
  },
});

/**
 * TxResult shows what a transaction did: its block, the responses to its
 * messages, its events.
 */
export function TxResult({ done, registry }: { done: TxDone; registry: Registry }) {
  const m = useMessages(messages);
  const format = useFormat();
  return (
    <Card title={m.result}>
      <Stack>
        <div role="status">
          <Facts
            rows={[
              [m.hash, <Hash key="hash" text={done.hash} what={m.hash} />],
              [m.block, format.number(done.height)],
            ]}
          />
        </div>
        {done.responses.map(({ typeUrl, value }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: answers stand in the order of their messages
          <Stack key={i} gap={6}>
            <h3>{m.answerOf(typeUrl.replace(/^.*\.|Response$/g, ""))}</h3>
            <Code label={typeUrl} text={readAnswer(typeUrl, value, registry)} />
          </Stack>
        ))}
        <details className={css.events}>
          <summary>{m.events(format.number(done.events.length))}</summary>
          {done.events.map(({ type, attributes }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: events have no other name than their place
            <div key={i}>
              <h3 className="mono">{type}</h3>
              <dl className={css.event}>
                {attributes.map(({ key, value }, n) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a key may stand twice
                  <div key={n} style={{ display: "contents" }}>
                    <dt className="mono">{key}</dt>
                    <dd className="mono">{value}</dd>
                  </div>
                ))}
              </dl>
            </div>
          ))}
        </details>
      </Stack>
    </Card>
  );
}

/** Code is scrollable and selectable text from a machine. */
export function Code({ label, text }: { label: string; text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={css.code} aria-label={label} tabIndex={0}>
      <pre>{text}</pre>
    </section>
  );
}
