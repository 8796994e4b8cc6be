import { useState } from "react";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { PasswordField, TextField } from "../ui/Field";
import { Row, Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { messages } from "./messages";
import type { Strict } from "./strict";

/** allowedPassword is what the node takes: 8 to 128 printable ASCII characters. */
const allowedPassword = /^[ -~]{8,128}$/;
const allowedUser = /^[a-z0-9_-]{1,32}$/;

/** PasswordForm sets a user's password in the guest; neither browser nor node keeps it. */
export function PasswordForm({
  strict,
  id,
  user,
  onDone,
}: {
  strict: Strict;
  id: string;
  user: string;
  onDone: () => Promise<unknown>;
}) {
  const m = useMessages(messages);
  const [name, setName] = useState(user);
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const ok = allowedUser.test(name) && allowedPassword.test(password);
  const set = async () => {
    setBusy(true);
    setError(undefined);
    const about = { title: m.passwd.title, rows: [[m.user, name]] as const, confirmLabel: m.passwd.set };
    try {
      await strict(`/api/v1/tasks/passwd/${id}`, { username: name, password }, about);
      setPassword("");
      toast(m.passwd.done(name));
      await onDone();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section aria-label={m.passwd.title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ok && !busy) void set();
        }}
      >
        <Stack gap={12}>
          <h3>{m.passwd.title}</h3>
          <p className="small muted">{m.passwd.why}</p>
          <TextField
            label={m.user}
            value={name}
            onChange={setName}
            autoComplete="off"
            spellCheck={false}
            error={!allowedUser.test(name) && m.passwd.userBad}
          />
          <PasswordField
            label={m.passwd.new}
            value={password}
            onChange={setPassword}
            autoComplete="new-password"
            error={password !== "" && !allowedPassword.test(password) && m.passwd.bad}
          />
          {error !== undefined && <ErrorNote error={error} />}
          <Row>
            <Button type="submit" disabled={!ok} busy={busy}>
              {m.passwd.set}
            </Button>
          </Row>
        </Stack>
      </form>
    </section>
  );
}
