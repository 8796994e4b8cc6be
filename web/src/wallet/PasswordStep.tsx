import { useMessages } from "../i18n/messages";
import { PasswordField } from "../ui/Field";
import { messages } from "./messages";
import { useWallet } from "./store";

/** least is the shortest password: below it even a slow derivation is guessed. */
const least = 10;

export interface Passwords {
  password: string;
  again: string;
}

/** usable tells whether the step may go on: the wallet is open, or the password can open or make it. */
export function usable(
  { hasVault, unlocked }: { hasVault: boolean; unlocked: boolean },
  { password, again }: Passwords,
): boolean {
  if (unlocked) return true;
  if (hasVault) return password !== "";
  return [...password].length >= least && password === again;
}

/** PasswordStep asks for the wallet's password, or for a new one where there is no wallet yet. */
export function PasswordStep({
  value,
  onChange,
  wrong,
}: {
  value: Passwords;
  onChange: (value: Passwords) => void;
  wrong: boolean;
}) {
  const m = useMessages(messages);
  const { hasVault, unlocked } = useWallet();
  const { password, again } = value;
  if (unlocked) return null;
  if (hasVault)
    return (
      <PasswordField
        label={m.password}
        hint={m.unlockFirst}
        value={password}
        onChange={(p) => onChange({ password: p, again })}
        autoComplete="current-password"
        error={wrong && m.wrong}
      />
    );
  return (
    <>
      <PasswordField
        label={m.newPassword}
        hint={m.newPasswordHint}
        value={password}
        onChange={(p) => onChange({ password: p, again })}
        autoComplete="new-password"
        error={password !== "" && [...password].length < least && m.short}
      />
      <PasswordField
        label={m.repeat}
        value={again}
        onChange={(a) => onChange({ password, again: a })}
        autoComplete="new-password"
        error={again !== "" && again !== password && m.differs}
      />
    </>
  );
}
