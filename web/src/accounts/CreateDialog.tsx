import { useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ErrorNote } from "../ui/ErrorNote";
import { TextField } from "../ui/Field";
import { Form, useWork } from "../ui/Form";
import { Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { add, unlock, useWallet } from "../wallet/store";
import { WrongPassword } from "../wallet/vault";
import { PasswordStep, usable } from "./PasswordStep";
import css from "./WalletPage.module.css";
import { words } from "./words";

const messages = define({
  en: {
    back: "Back",
    next: "Next",
    wordsTitle: "Write these words down",
    wordsWhy:
      "They are the wallet: who has them has the coins, and without them nothing brings the coins back. They are shown this once. Not as a photo, not in the cloud.",
    wordsDone: "I wrote them down",
    checkTitle: "Check what you wrote",
    word: (n: number) => `Word ${n}`,
    checkWrong: "That is not the word. Look at what you wrote.",
  },
  zh: {
    back: "返回",
    next: "下一步",
    wordsTitle: "请抄写这些助记词",
    wordsWhy: "助记词就是钱包：谁拥有它就拥有币；丢失后无法找回。仅显示这一次。请勿拍照，请勿上传云端。",
    wordsDone: "我已抄好",
    checkTitle: "核对助记词",
    word: (n) => `第 ${n} 个词`,
    checkWrong: "不是这个词，请核对您的抄写。",
  },
});

/**
 * asked is the number of words to type as proof that the mnemonic was written
 * down.
 */
const asked = 3;

/** choose picks the positions to ask for, ascending. */
function choose(of: number): number[] {
  const places = new Set<number>();
  while (places.size < asked) for (const n of crypto.getRandomValues(new Uint32Array(1))) places.add(n % of);
  return [...places].sort((a, b) => a - b);
}

/**
 * CreateDialog creates an account: password, mnemonic, check. Nothing is stored
 * before the check.
 */
export function CreateDialog({ onClose }: { onClose: (made: boolean) => void }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const wallet = useWallet();
  const [step, setStep] = useState<"name" | "words" | "check">("name");
  const [name, setName] = useState(`DBC ${wallet.accounts.length + 1}`);
  const [passwords, setPasswords] = useState({ password: "", again: "" });
  const [mnemonic, setMnemonic] = useState<string[]>([]);
  const [places, setPlaces] = useState<number[]>([]);
  const [typed, setTyped] = useState<Record<number, string>>({});
  const { busy, error, run } = useWork();

  const begin = () =>
    run(async () => {
      if (wallet.hasVault && !wallet.unlocked) await unlock(passwords.password);
      const { newWords } = await import("../wallet/keys");
      const made = newWords().split(" ");
      setMnemonic(made);
      setPlaces(choose(made.length));
      setStep("words");
    });
  const right = (place: number) => (typed[place] ?? "").trim().toLowerCase() === mnemonic[place];
  const finish = () =>
    run(async () => {
      if (!wallet.unlocked) await unlock(passwords.password);
      await add(name.trim(), { words: mnemonic.join(" "), index: 0 });
      toast(w.created(name.trim()));
      onClose(true);
    });

  const form = (
    label: string,
    ok: boolean,
    onSubmit: () => void,
    content: React.ReactNode,
    title: string,
    description?: string,
  ) => (
    <Dialog
      open
      onClose={() => onClose(false)}
      wide={step === "words"}
      title={title}
      description={description}
      footer={
        <>
          {step === "check" && <Button onClick={() => setStep("words")}>{m.back}</Button>}
          <Button type="submit" form="create" variant="primary" disabled={!ok} busy={busy !== ""}>
            {label}
          </Button>
        </>
      }
    >
      <Form id="create" ready={ok && !busy} onSubmit={onSubmit}>
        <Stack>{content}</Stack>
      </Form>
    </Dialog>
  );

  if (step === "name")
    return form(
      m.next,
      name.trim() !== "" && usable(wallet, passwords),
      () => void begin(),
      <>
        <TextField label={w.name} hint={w.nameHint} value={name} onChange={setName} maxLength={40} autoComplete="off" />
        <PasswordStep value={passwords} onChange={setPasswords} wrong={error instanceof WrongPassword} />
        {error !== undefined && !(error instanceof WrongPassword) && <ErrorNote error={error} />}
      </>,
      w.create,
    );
  if (step === "words")
    return form(
      m.wordsDone,
      true,
      () => setStep("check"),
      <>
        <Banner tone="warn">{m.wordsWhy}</Banner>
        <ol className={css.words} data-testid="words">
          {mnemonic.map((word, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a word can be there twice, and none ever moves
            <li key={place}>{word}</li>
          ))}
        </ol>
      </>,
      m.wordsTitle,
    );
  return form(
    w.create,
    places.every(right),
    () => void finish(),
    <>
      {places.map((place) => (
        <TextField
          key={place}
          label={m.word(place + 1)}
          value={typed[place] ?? ""}
          onChange={(text) => setTyped({ ...typed, [place]: text })}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          error={(typed[place]?.trim().length ?? 0) >= (mnemonic[place]?.length ?? 0) && !right(place) && m.checkWrong}
        />
      ))}
      {error !== undefined && <ErrorNote error={error} />}
    </>,
    m.checkTitle,
  );
}
