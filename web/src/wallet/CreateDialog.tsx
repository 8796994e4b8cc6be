import { useState } from "react";
import { useMessages } from "../i18n/messages";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ErrorNote } from "../ui/ErrorNote";
import { TextField } from "../ui/Field";
import { Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { messages } from "./messages";
import { PasswordStep, usable } from "./PasswordStep";
import { add, unlock, useWallet } from "./store";
import { WrongPassword } from "./vault";
import css from "./WalletPage.module.css";

/** asked words prove that the words were written down. */
const asked = 3;

/** choose picks places to ask for, ascending. */
function choose(of: number): number[] {
  const places = new Set<number>();
  while (places.size < asked) for (const n of crypto.getRandomValues(new Uint32Array(1))) places.add(n % of);
  return [...places].sort((a, b) => a - b);
}

/** CreateDialog makes an account: password, words, check. Nothing is kept before the check. */
export function CreateDialog({ onClose }: { onClose: (made: boolean) => void }) {
  const m = useMessages(messages);
  const wallet = useWallet();
  const [step, setStep] = useState<"name" | "words" | "check">("name");
  const [name, setName] = useState(`DBC ${wallet.accounts.length + 1}`);
  const [passwords, setPasswords] = useState({ password: "", again: "" });
  const [words, setWords] = useState<string[]>([]);
  const [places, setPlaces] = useState<number[]>([]);
  const [typed, setTyped] = useState<Record<number, string>>({});
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();

  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const begin = () =>
    run(async () => {
      if (wallet.hasVault && !wallet.unlocked) await unlock(passwords.password);
      const { newWords } = await import("./keys");
      const made = newWords().split(" ");
      setWords(made);
      setPlaces(choose(made.length));
      setStep("words");
    });
  const right = (place: number) => (typed[place] ?? "").trim().toLowerCase() === words[place];
  const finish = () =>
    run(async () => {
      if (!wallet.unlocked) await unlock(passwords.password);
      await add(name.trim(), { words: words.join(" "), index: 0 });
      toast(m.created(name.trim()));
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
          <Button type="submit" form="create" variant="primary" disabled={!ok} busy={busy}>
            {label}
          </Button>
        </>
      }
    >
      <form
        id="create"
        onSubmit={(event) => {
          event.preventDefault();
          if (ok && !busy) onSubmit();
        }}
      >
        <Stack>{content}</Stack>
      </form>
    </Dialog>
  );

  if (step === "name")
    return form(
      m.next,
      name.trim() !== "" && usable(wallet, passwords),
      () => void begin(),
      <>
        <TextField label={m.name} hint={m.nameHint} value={name} onChange={setName} maxLength={40} autoComplete="off" />
        <PasswordStep value={passwords} onChange={setPasswords} wrong={error instanceof WrongPassword} />
        {error !== undefined && !(error instanceof WrongPassword) && <ErrorNote error={error} />}
      </>,
      m.create,
    );
  if (step === "words")
    return form(
      m.wordsDone,
      true,
      () => setStep("check"),
      <>
        <Banner tone="warn">{m.wordsWhy}</Banner>
        <ol className={css.words} data-testid="words">
          {words.map((word, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a word can be there twice, and none ever moves
            <li key={place}>{word}</li>
          ))}
        </ol>
      </>,
      m.wordsTitle,
    );
  return form(
    m.create,
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
          error={(typed[place]?.trim().length ?? 0) >= (words[place]?.length ?? 0) && !right(place) && m.checkWrong}
        />
      ))}
      {error !== undefined && <ErrorNote error={error} />}
    </>,
    m.checkTitle,
  );
}
