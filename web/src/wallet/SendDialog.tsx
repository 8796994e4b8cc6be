import { useState } from "react";
import { msg } from "../chain/tx";
import { MsgSendSchema } from "../gen/cosmos/bank/v1beta1/tx_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { DENOM, parseDbc } from "../money/udbc";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { transact } from "./approve";
import { isAddress } from "./encoding";
import { messages } from "./messages";
import type { Account } from "./store";

/** SendDialog asks whom and how much; the wallet's own dialog asks to sign. */
export function SendDialog({ account, balance, onClose }: { account: Account; balance: bigint; onClose: () => void }) {
  const m = useMessages(messages);
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
      <form
        id="send"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
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
            hint={`${m.balance}: ${format.dbc(balance)}`}
            error={(amountBad && m.amountBad) || (high && m.amountHigh)}
          />
        </Stack>
      </form>
    </Dialog>
  );
}
