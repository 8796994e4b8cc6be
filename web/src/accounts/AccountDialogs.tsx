import { type ReactNode, useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Command } from "../ui/Copy";
import { Dialog } from "../ui/Dialog";
import { ErrorNote } from "../ui/ErrorNote";
import { CheckField, PasswordField, TextField } from "../ui/Field";
import { Form, useWork } from "../ui/Form";
import { Stack } from "../ui/Layout";
import type { Secret } from "../wallet/keys";
import { type Account, add, remove, rename, unlock, withSecret } from "../wallet/store";
import { WrongPassword } from "../wallet/vault";
import css from "./WalletPage.module.css";
import { words } from "./words";

const messages = define({
  en: {
    save: "Save",
    exportTitle: (name: string) => `The secret of ${name}`,
    exportWhy: "Who sees this can take all coins of the account, at any time.",
    exportShow: "Show",
    exportIndex: (n: number) => `Account number ${n} of these words`,
    removeTitle: (name: string) => `Remove ${name} from this browser?`,
    removeWhy: "Its coins and rentals stay on the chain. Without the words or the key you can't get back to them.",
    removeSure: "I have its words or key",
  },
  zh: {
    save: "保存",
    exportTitle: (name) => `${name} 的密钥`,
    exportWhy: "看到它的人可随时取走此账户的全部币。",
    exportShow: "显示",
    exportIndex: (n) => `此助记词的第 ${n} 号账户`,
    removeTitle: (name) => `从本浏览器移除 ${name}？`,
    removeWhy: "币和租用仍在链上。没有助记词或私钥将无法再使用它们。",
    removeSure: "我已保存助记词或私钥",
  },
});

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
  const { busy, error, run } = useWork();
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={description}
      footer={
        <Button type="submit" form="ask" variant={danger ? "danger" : "primary"} disabled={!ok} busy={busy !== ""}>
          {label}
        </Button>
      }
    >
      <Form id="ask" ready={ok && !busy} onSubmit={() => run(onSubmit)}>
        <Stack>
          {children(error)}
          {error !== undefined && !(error instanceof WrongPassword) && <ErrorNote error={error} />}
        </Stack>
      </Form>
    </Dialog>
  );
}

export function RenameDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const [name, setName] = useState(account.name);
  const save = async () => {
    await rename(account.address, name.trim());
    onClose();
  };
  return (
    <Ask title={w.rename} label={m.save} ok={name.trim() !== ""} onSubmit={save} onClose={onClose}>
      {() => (
        <TextField label={w.name} hint={w.nameHint} value={name} onChange={setName} maxLength={40} autoComplete="off" />
      )}
    </Ask>
  );
}

/**
 * ExportDialog shows a secret. It asks for the password even if the wallet is
 * open.
 */
export function ExportDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const m = useMessages(messages);
  const w = useMessages(words);
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
            <Command text={secret.key} what={w.export} />
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
          label={w.password}
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          error={error instanceof WrongPassword && w.wrong}
        />
      )}
    </Ask>
  );
}

/** NextDialog adds the next account of the same mnemonic. */
export function NextDialog({
  account,
  accounts,
  onClose,
}: {
  account: Account;
  accounts: readonly Account[];
  onClose: () => void;
}) {
  const w = useMessages(words);
  const [name, setName] = useState(`DBC ${accounts.length + 1}`);
  const [password, setPassword] = useState("");
  const make = async () => {
    await unlock(password);
    const secret = await withSecret(account.address, (s) => s);
    if ("key" in secret) throw new Error(w.importHint);
    const { addressOf, privateKey, publicKey } = await import("../wallet/keys");
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
      title={w.derive}
      label={w.addAccount}
      ok={name.trim() !== "" && password !== ""}
      onSubmit={make}
      onClose={onClose}
    >
      {(error) => (
        <>
          <TextField
            label={w.name}
            hint={w.nameHint}
            value={name}
            onChange={setName}
            maxLength={40}
            autoComplete="off"
          />
          <PasswordField
            label={w.password}
            value={password}
            onChange={setPassword}
            autoComplete="current-password"
            error={error instanceof WrongPassword && w.wrong}
          />
        </>
      )}
    </Ask>
  );
}

export function RemoveDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const [sure, setSure] = useState(false);
  const go = async () => {
    await remove(account.address);
    onClose();
  };
  return (
    <Ask
      title={m.removeTitle(account.name)}
      description={m.removeWhy}
      label={w.remove}
      ok={sure}
      danger
      onSubmit={go}
      onClose={onClose}
    >
      {() => <CheckField label={m.removeSure} checked={sure} onChange={setSure} />}
    </Ask>
  );
}
