import { Lock } from "lucide-react";
import { useState } from "react";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Choices } from "../ui/Choices";
import { ErrorNote } from "../ui/ErrorNote";
import { PasswordField } from "../ui/Field";
import { Card, Stack } from "../ui/Layout";
import { messages } from "./messages";
import { lock, lockChoices, setLockMinutes, unlock, useWallet } from "./store";
import { WrongPassword } from "./vault";

/** Security locks and unlocks the wallet, and says when it locks by itself. */
export function Security() {
  const m = useMessages(messages);
  const { unlocked, lockMinutes } = useWallet();
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const open = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await unlock(password);
      setPassword("");
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
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
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void open();
            }}
          >
            <Stack gap={10}>
              <PasswordField
                label={m.password}
                value={password}
                onChange={setPassword}
                autoComplete="current-password"
                error={error instanceof WrongPassword && m.wrong}
              />
              {error !== undefined && !(error instanceof WrongPassword) && <ErrorNote error={error} />}
              <Button type="submit" busy={busy} disabled={password === ""}>
                {m.unlock}
              </Button>
            </Stack>
          </form>
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
