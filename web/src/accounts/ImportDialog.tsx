import { useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { typed } from "../money/typed";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ErrorNote } from "../ui/ErrorNote";
import { TextArea, TextField } from "../ui/Field";
import { Form, useWork } from "../ui/Form";
import { Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { add, unlock, useWallet } from "../wallet/store";
import { WrongPassword } from "../wallet/vault";
import { PasswordStep, usable } from "./PasswordStep";
import { words } from "./words";

const messages = define({
  en: {
    importTitle: "Import a wallet",
    importLabel: "Words or private key",
    importBad: "These are neither the words of a wallet nor a private key. Check for a mistyped or missing word.",
    indexLabel: "Account number",
    indexHint: "0 is the first account of the words (path m/44'/118'/0'/0/number).",
  },
  zh: {
    importTitle: "导入钱包",
    importLabel: "助记词或私钥",
    importBad: "既不是助记词也不是私钥。请检查是否有拼写错误或缺词。",
    indexLabel: "账户序号",
    indexHint: "0 为该助记词的第一个账户（路径 m/44'/118'/0'/0/序号）。",
  },
});

/** maxIndex is the greatest account number of a path that is not hardened. */
const maxIndex = 2 ** 31 - 1;

/** ImportDialog imports the mnemonic or the key of a wallet. */
export function ImportDialog({ onClose }: { onClose: (made: boolean) => void }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const wallet = useWallet();
  const [name, setName] = useState(`DBC ${wallet.accounts.length + 1}`);
  const [text, setText] = useState("");
  const [index, setIndex] = useState("0");
  const [passwords, setPasswords] = useState({ password: "", again: "" });
  const { busy, error, run } = useWork();
  const [bad, setBad] = useState(false);
  const isKey = /^\s*(0x)?[0-9a-fA-F]{64}\s*$/.test(text);
  const plain = typed(index).trim();
  const number = /^\d{1,10}$/.test(plain) && Number(plain) <= maxIndex ? Number(plain) : undefined;
  const ok = name.trim() !== "" && text.trim() !== "" && number !== undefined && usable(wallet, passwords);

  const submit = () =>
    run(async () => {
      setBad(false);
      const { tidyKey, tidyWords } = await import("../wallet/keys");
      const words = tidyWords(text);
      const key = tidyKey(text);
      if (!words && !key) {
        setBad(true);
        return;
      }
      if (!wallet.unlocked) await unlock(passwords.password);
      await add(name.trim(), words ? { words, index: number ?? 0 } : { key: key as string });
      toast(w.created(name.trim()));
      onClose(true);
    });
  return (
    <Dialog
      open
      onClose={() => onClose(false)}
      title={m.importTitle}
      footer={
        <Button type="submit" form="import" variant="primary" disabled={!ok} busy={busy !== ""}>
          {w.import}
        </Button>
      }
    >
      <Form id="import" ready={ok && !busy} onSubmit={submit}>
        <Stack>
          <TextArea
            label={m.importLabel}
            hint={w.importHint}
            error={bad && m.importBad}
            value={text}
            onChange={setText}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
          />
          <TextField
            label={w.name}
            hint={w.nameHint}
            value={name}
            onChange={setName}
            maxLength={40}
            autoComplete="off"
          />
          {!isKey && (
            <TextField label={m.indexLabel} hint={m.indexHint} value={index} onChange={setIndex} inputMode="numeric" />
          )}
          <PasswordStep value={passwords} onChange={setPasswords} wrong={error instanceof WrongPassword} />
          {error !== undefined && !(error instanceof WrongPassword) && <ErrorNote error={error} />}
        </Stack>
      </Form>
    </Dialog>
  );
}
