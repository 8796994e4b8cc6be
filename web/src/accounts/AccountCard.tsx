import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ArrowUpRight, Droplets } from "lucide-react";
import { useState } from "react";
import { chainKey } from "../chain/key";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { post } from "../node/api";
import { Button } from "../ui/Button";
import { CopyButton } from "../ui/Copy";
import { ErrorNote } from "../ui/ErrorNote";
import { Card, Row, Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { useBalance } from "../wallet/bank";
import type { Account } from "../wallet/store";
import { SendDialog } from "./SendDialog";
import css from "./WalletPage.module.css";
import { words } from "./words";

const messages = define({
  en: {
    address: "address",
    send: "Send",
    faucet: "Get test coins",
    faucetDone: (amount: string) => `${amount} came from the faucet`,
  },
  zh: {
    address: "地址",
    send: "转账",
    faucet: "领取测试币",
    faucetDone: (amount) => `已从水龙头领取 ${amount}`,
  },
});

/** AccountCard shows what an account holds, and what can be done with it. */
export function AccountCard({ account, faucet }: { account: Account; faucet: boolean }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const client = useQueryClient();
  const balance = useBalance(account.address);
  const [sending, setSending] = useState(false);
  const gift = useMutation({
    mutationFn: () => post<{ amount: string }>("/api/v1/faucet", { address: account.address }),
    onSuccess: async ({ amount }) => {
      await client.invalidateQueries({ queryKey: [chainKey] });
      toast(m.faucetDone(format.dbc(BigInt(amount))));
    },
  });
  return (
    <Card title={account.name}>
      <Stack>
        <div className={css.balance}>
          <div>
            <div className="muted small">{w.balance}</div>
            <div className={css.sum} data-testid="balance">
              {balance === undefined ? "…" : format.dbc(balance)}
            </div>
            <div className={css.address}>
              <span className="mono">{account.address}</span>
              <CopyButton text={account.address} what={m.address} />
            </div>
          </div>
          <Row>
            {faucet && (
              <Button icon={<Droplets aria-hidden="true" />} busy={gift.isPending} onClick={() => gift.mutate()}>
                {m.faucet}
              </Button>
            )}
            <Button variant="primary" icon={<ArrowUpRight aria-hidden="true" />} onClick={() => setSending(true)}>
              {m.send}
            </Button>
          </Row>
        </div>
        {gift.isError && <ErrorNote error={gift.error} />}
      </Stack>
      {sending && <SendDialog account={account} balance={balance ?? 0n} onClose={() => setSending(false)} />}
    </Card>
  );
}
