import { useState } from "react";
import { useMessages } from "../i18n/messages";
import { typed } from "../money/typed";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ErrorNote } from "../ui/ErrorNote";
import { TextArea, TextField } from "../ui/Field";
import { Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { messages } from "./messages";
import { PasswordStep, usable } from "./PasswordStep";
import { add, unlock, useWallet } from "./store";
import { WrongPassword } from "./vault";

/** maxIndex is the last account number of a path that is not hardened. */
const maxIndex = 2 ** 31 - 1;

/** ImportDialog takes the words or the key of a wallet from elsewhere. */
export function ImportDialog({ onClose }: { onClose: (made: boolean) => void }) {
  const m = useMessages(messages);
  const wallet = useWallet();
  const [name, setName] = useState(`DBC ${wallet.accounts.length + 1}`);
  const [text, setText] = useState("");
  const [index, setIndex] = useState("0");
  const [passwords, setPasswords] = useState({ password: "", again: "" });
  const [busy, setBusy] = useState(false);
  const [bad, setBad] = useState(false);
  const [error, setError] = useState<unknown>();
  const isKey = /^\s*(0x)?[0-9a-fA-F]{64}\s*$/.test(text);
  const plain = typed(index).trim();
  const number = /^\d{1,10}$/.test(plain) && Number(plain) <= maxIndex ? Number(plain) : undefined;
  const ok = name.trim() !== "" && text.trim() !== "" && number !== undefined && usable(wallet, passwords);

  const submit = async () => {
    setBusy(true);
    setError(undefined);
    setBad(false);
    try {
      const { tidyKey, tidyWords } = await import("./keys");
      const words = tidyWords(text);
      const key = tidyKey(text);
      if (!words && !key) {
        setBad(true);
        return;
      }
      if (!wallet.unlocked) await unlock(passwords.password);
      await add(name.trim(), words ? { words, index: number ?? 0 } : { key: key as string });
      toast(m.created(name.trim()));
      onClose(true);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={() => onClose(false)}
      title={m.importTitle}
      footer={
        <Button type="submit" form="import" variant="primary" disabled={!ok} busy={busy}>
          {m.import}
        </Button>
      }
    >
      <form
        id="import"
        onSubmit={(event) => {
          event.preventDefault();
          if (ok && !busy) void submit();
        }}
      >
        <Stack>
          <TextArea
            label={m.importLabel}
            hint={m.importHint}
            error={bad && m.importBad}
            value={text}
            onChange={setText}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
          />
          <TextField
            label={m.name}
            hint={m.nameHint}
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
      </form>
    </Dialog>
  );
}
