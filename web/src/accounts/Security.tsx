import { Lock } from "lucide-react";
import { useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Choices } from "../ui/Choices";
import { ErrorNote } from "../ui/ErrorNote";
import { PasswordField } from "../ui/Field";
import { Form, useWork } from "../ui/Form";
import { Card, Stack } from "../ui/Layout";
import { lock, lockChoices, setLockMinutes, unlock, useWallet } from "../wallet/store";
import { WrongPassword } from "../wallet/vault";
import { words } from "./words";

const messages = define({
  en: {
    security: "Security",
    lockAfter: "Lock after minutes without use",
    lockNow: "Lock now",
    minutes: (n: number) => `${n} min`,
    unlock: "Unlock",
    locked: "Locked",
    unlocked: "Unlocked",
  },
  zh: {
    security: "安全",
    lockAfter: "闲置多少分钟后锁定",
    lockNow: "立即锁定",
    minutes: (n) => `${n} 分钟`,
    unlock: "解锁",
    locked: "已锁定",
    unlocked: "已解锁",
  },
});

/** Security locks and unlocks the wallet, and sets when it locks automatically. */
export function Security() {
  const m = useMessages(messages);
  const w = useMessages(words);
  const { unlocked, lockMinutes } = useWallet();
  const [password, setPassword] = useState("");
  const { busy, error, run } = useWork();
  const open = () =>
    run(async () => {
      await unlock(password);
      setPassword("");
    });
  return (
    <Card
      title={m.security}
      actions={<Badge tone={unlocked ? "warn" : "good"}>{unlocked ? m.unlocked : m.locked}</Badge>}
    >
      <Stack>
        {unlocked ? (
          <Button icon={<Lock aria-hidden="true" />} onClick={lock}>
            {m.lockNow}
          </Button>
        ) : (
          <Form ready={password !== "" && !busy} onSubmit={open}>
            <Stack gap={10}>
              <PasswordField
                label={w.password}
                value={password}
                onChange={setPassword}
                autoComplete="current-password"
                error={error instanceof WrongPassword && w.wrong}
              />
              {error !== undefined && !(error instanceof WrongPassword) && <ErrorNote error={error} />}
              <Button type="submit" busy={busy !== ""} disabled={password === ""}>
                {m.unlock}
              </Button>
            </Stack>
          </Form>
        )}
        <Choices
          label={m.lockAfter}
          value={String(lockMinutes)}
          onChange={(value) => setLockMinutes(Number(value))}
          choices={lockChoices.map((n) => ({ value: String(n), label: m.minutes(n) }))}
        />
      </Stack>
    </Card>
  );
}
