import { type ReactNode, useState } from "react";
import { useMessages } from "../i18n/messages";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Command } from "../ui/Copy";
import { Dialog } from "../ui/Dialog";
import { ErrorNote } from "../ui/ErrorNote";
import { CheckField, PasswordField, TextField } from "../ui/Field";
import { Stack } from "../ui/Layout";
import type { Secret } from "./keys";
import { messages } from "./messages";
import { type Account, add, remove, rename, unlock, withSecret } from "./store";
import { WrongPassword } from "./vault";
import css from "./WalletPage.module.css";

/** Ask is a dialog with one form and one button. */
function Ask({
  title,
  description,
  label,
  ok,
  danger = false,
  onSubmit,
  onClose,
  children,
}: {
  title: string;
  description?: string;
  label: string;
  ok: boolean;
  danger?: boolean;
  onSubmit: () => Promise<void>;
  onClose: () => void;
  children: (error: unknown) => ReactNode;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onSubmit();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={description}
      footer={
        <Button type="submit" form="ask" variant={danger ? "danger" : "primary"} disabled={!ok} busy={busy}>
          {label}
        </Button>
      }
    >
      <form
        id="ask"
        onSubmit={(event) => {
          event.preventDefault();
          if (ok && !busy) void submit();
        }}
      >
        <Stack>
          {children(error)}
          {error !== undefined && !(error instanceof WrongPassword) && <ErrorNote error={error} />}
        </Stack>
      </form>
    </Dialog>
  );
}

export function RenameDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const m = useMessages(messages);
  const [name, setName] = useState(account.name);
  const save = async () => {
    await rename(account.address, name.trim());
    onClose();
  };
  return (
    <Ask title={m.rename} label={m.save} ok={name.trim() !== ""} onSubmit={save} onClose={onClose}>
      {() => (
        <TextField label={m.name} hint={m.nameHint} value={name} onChange={setName} maxLength={40} autoComplete="off" />
      )}
    </Ask>
  );
}

/** ExportDialog shows a secret; the password is asked for even where the wallet is open. */
export function ExportDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const m = useMessages(messages);
  const [password, setPassword] = useState("");
  const [secret, setSecret] = useState<Secret>();
  const show = async () => {
    await unlock(password);
    setSecret(await withSecret(account.address, (s) => s));
  };
  if (secret)
    return (
      <Dialog open wide onClose={onClose} title={m.exportTitle(account.name)}>
        <Stack>
          <Banner tone="warn">{m.exportWhy}</Banner>
          {"key" in secret ? (
            <Command text={secret.key} what={m.export} />
          ) : (
            <>
              <ol className={css.words}>
                {secret.words.split(" ").map((word, place) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a word can be there twice, and none ever moves
                  <li key={place}>{word}</li>
                ))}
              </ol>
              <p className="muted">{m.exportIndex(secret.index)}</p>
            </>
          )}
        </Stack>
      </Dialog>
    );
  return (
    <Ask
      title={m.exportTitle(account.name)}
      description={m.exportWhy}
      label={m.exportShow}
      ok={password !== ""}
      onSubmit={show}
      onClose={onClose}
    >
      {(error) => (
        <PasswordField
          label={m.password}
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          error={error instanceof WrongPassword && m.wrong}
        />
      )}
    </Ask>
  );
}

/** NextDialog adds the next account of the same words. */
export function NextDialog({
  account,
  accounts,
  onClose,
}: {
  account: Account;
  accounts: readonly Account[];
  onClose: () => void;
}) {
  const m = useMessages(messages);
  const [name, setName] = useState(`DBC ${accounts.length + 1}`);
  const [password, setPassword] = useState("");
  const make = async () => {
    await unlock(password);
    const secret = await withSecret(account.address, (s) => s);
    if ("key" in secret) throw new Error(m.importHint);
    const { addressOf, privateKey, publicKey } = await import("./keys");
    let index = secret.index + 1;
    const taken = (n: number) => {
      const address = addressOf(publicKey(privateKey({ words: secret.words, index: n })));
      return accounts.some((a) => a.address === address);
    };
    while (taken(index)) index++;
    await add(name.trim(), { words: secret.words, index });
    onClose();
  };
  return (
    <Ask
      title={m.derive}
      label={m.addAccount}
      ok={name.trim() !== "" && password !== ""}
      onSubmit={make}
      onClose={onClose}
    >
      {(error) => (
        <>
          <TextField
            label={m.name}
            hint={m.nameHint}
            value={name}
            onChange={setName}
            maxLength={40}
            autoComplete="off"
          />
          <PasswordField
            label={m.password}
            value={password}
            onChange={setPassword}
            autoComplete="current-password"
            error={error instanceof WrongPassword && m.wrong}
          />
        </>
      )}
    </Ask>
  );
}

export function RemoveDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const m = useMessages(messages);
  const [sure, setSure] = useState(false);
  const go = async () => {
    await remove(account.address);
    onClose();
  };
  return (
    <Ask
      title={m.removeTitle(account.name)}
      description={m.removeWhy}
      label={m.remove}
      ok={sure}
      danger
      onSubmit={go}
      onClose={onClose}
    >
      {() => <CheckField label={m.removeSure} checked={sure} onChange={setSure} />}
    </Ask>
  );
}
