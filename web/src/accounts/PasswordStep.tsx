import { define, useMessages } from "../i18n/messages";
import { PasswordField } from "../ui/Field";
import { useWallet } from "../wallet/store";
import { words } from "./words";

const messages = define({
  en: {
    newPassword: "New password",
    newPasswordHint: "At least 10 characters. It encrypts the wallet in this browser and is asked for when you sign.",
    repeat: "Repeat the password",
    short: "Too short: at least 10 characters.",
    differs: "The two passwords differ.",
    unlockFirst: "The wallet is locked. Its password opens it.",
  },
  zh: {
    newPassword: "新密码",
    newPasswordHint: "至少 10 个字符。用于在本浏览器中加密钱包，签名时需要输入。",
    repeat: "再次输入密码",
    short: "太短：至少 10 个字符。",
    differs: "两次输入的密码不一致。",
    unlockFirst: "钱包已锁定，请输入密码。",
  },
});

/**
 * least is the minimum length of a password: a shorter one can be guessed even
 * with a slow key derivation.
 */
const least = 10;

export interface Passwords {
  password: string;
  again: string;
}

/**
 * usable reports whether the step may continue: the wallet is open, or the
 * password can open or create it.
 */
export function usable(
  { hasVault, unlocked }: { hasVault: boolean; unlocked: boolean },
  { password, again }: Passwords,
): boolean {
  if (unlocked) return true;
  if (hasVault) return password !== "";
  return [...password].length >= least && password === again;
}

/**
 * PasswordStep asks for the wallet's password, or for a new one if there is no
 * wallet yet.
 */
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
  const w = useMessages(words);
  const { hasVault, unlocked } = useWallet();
  const { password, again } = value;
  if (unlocked) return null;
  if (hasVault)
    return (
      <PasswordField
        label={w.password}
        hint={m.unlockFirst}
        value={password}
        onChange={(p) => onChange({ password: p, again })}
        autoComplete="current-password"
        error={wrong && w.wrong}
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
