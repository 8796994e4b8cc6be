import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { chainKey } from "../chain/key";
import { define, useMessages } from "../i18n/messages";
import { Banner } from "../ui/Banner";
import { load } from "../ui/load";
import { toast } from "../ui/toast";
import { inTurn, kept, type Sent } from "../wallet/outbox";

const messages = define({
  en: {
    title: "Sent, may still be included",
    text: (what: string, hash: string) => `${what}, transaction ${hash}`,
    why: "Until it is known what became of it, this account signs nothing else. This page finds out by itself; you need not send it again.",
    done: (what: string) => `${what} was carried out.`,
    lost: (what: string) => `${what} was not carried out, and will not be.`,
  },
  zh: {
    title: "已发送，仍可能被打包",
    text: (what, hash) => `${what}，交易 ${hash}`,
    why: "在得知结果之前，此账户不会再签名其他交易。本页会自动查询结果，无需重新发送。",
    done: (what) => `${what} 已执行。`,
    lost: (what) => `${what} 未执行，今后也不会执行。`,
  },
});

/**
 * Pending shows one transaction that is in no block yet, and settles it if no
 * tab waits for it.
 */
export default function Pending({ sent }: { sent: Sent }) {
  const m = useMessages(messages);
  const client = useQueryClient();
  const what = sent.names.join(", ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each transaction
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let mounted = true;
    const work = async () => {
      // The tab that had it may have settled it while this one waited for its
      // turn.
      if ((await kept(sent.chainId, sent.address))?.hash !== sent.hash) return true;
      const { settleKept } = await load(() => import("../signing/send"));
      toast((await settleKept(sent)) ? m.done(what) : m.lost(what));
      await client.invalidateQueries({ queryKey: [chainKey] });
      return true;
    };
    const look = () =>
      void inTurn(sent.chainId, sent.address, work)
        .catch(() => undefined)
        .then((ended) => {
          if (mounted && !ended) timer = setTimeout(look, 2_000);
        });
    look();
    return () => {
      mounted = false;
      clearTimeout(timer);
    };
  }, [sent.hash]);
  return (
    <Banner tone="warn" title={m.title}>
      <p style={{ overflowWrap: "anywhere" }}>{m.text(what, sent.hash)}</p>
      <p>{m.why}</p>
    </Banner>
  );
}
