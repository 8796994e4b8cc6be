import { useState } from "react";
import { MsgSendSchema } from "../gen/cosmos/bank/v1beta1/tx_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { DENOM, parseDbc } from "../money/udbc";
import { transact } from "../signing/approve";
import { msg } from "../signing/tx";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { Form } from "../ui/Form";
import { Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { isAddress } from "../wallet/encoding";
import type { Account } from "../wallet/store";
import { words } from "./words";

const messages = define({
  en: {
    sendTitle: "Send coins",
    to: "To",
    toBad: "This is no address of this chain. It begins with dbc1.",
    amount: "Amount",
    amountBad: "An amount of DBC with at most six decimals.",
    amountHigh: "More than this account has.",
    sendDone: (hash: string) => `Transaction ${hash.slice(0, 12)}… is in a block`,
    continue: "Continue",
  },
  zh: {
    sendTitle: "转账",
    to: "收款地址",
    toBad: "不是本链的地址。地址以 dbc1 开头。",
    amount: "金额",
    amountBad: "请输入 DBC 金额，最多六位小数。",
    amountHigh: "超过此账户的余额。",
    sendDone: (hash) => `交易 ${hash.slice(0, 12)}… 已进入区块`,
    continue: "继续",
  },
});

/**
 * SendDialog asks for the recipient and the amount; the wallet's own dialog
 * asks to sign.
 */
export function SendDialog({ account, balance, onClose }: { account: Account; balance: bigint; onClose: () => void }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const [to, setTo] = useState("");
  const [text, setText] = useState("");
  const address = to.trim();
  const amount = parseDbc(text);
  const toBad = address !== "" && !isAddress(address);
  const amountBad = text !== "" && (amount === null || amount === 0n);
  const high = amount !== null && amount > balance;
  const ok = address !== "" && !toBad && amount !== null && amount > 0n && !high;

  const submit = async () => {
    if (!ok) return;
    onClose();
    const done = await transact({
      title: m.sendTitle,
      rows: [
        [m.to, address],
        [m.amount, format.dbc(amount)],
      ],
      messages: [
        msg(MsgSendSchema, {
          fromAddress: account.address,
          toAddress: address,
          amount: [{ denom: DENOM, amount: amount.toString() }],
        }),
      ],
    });
    if (done) toast(m.sendDone(done.hash));
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={m.sendTitle}
      footer={
        <Button type="submit" form="send" variant="primary" disabled={!ok}>
          {m.continue}
        </Button>
      }
    >
      <Form id="send" ready={ok} onSubmit={submit}>
        <Stack>
          <TextField
            label={m.to}
            value={to}
            onChange={setTo}
            placeholder="dbc1…"
            spellCheck={false}
            autoComplete="off"
            error={toBad && m.toBad}
          />
          <TextField
            label={m.amount}
            value={text}
            onChange={setText}
            inputMode="decimal"
            autoComplete="off"
            suffix="DBC"
            hint={`${w.balance}: ${format.dbc(balance)}`}
            error={(amountBad && m.amountBad) || (high && m.amountHigh)}
          />
        </Stack>
      </Form>
    </Dialog>
  );
}
