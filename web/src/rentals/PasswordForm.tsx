import { useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { PasswordField, TextField } from "../ui/Field";
import { Row, Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { messages } from "./messages";
import type { Strict } from "./strict";

const passwordMessages = define({
  en: {
    title: "Set a password",
    why: "The guest's own agent sets it, for its console and for SSH where that takes passwords. The node keeps no copy.",
    new: "New password of the guest",
    set: "Set the password",
    bad: "8 to 128 characters of plain ASCII",
    userBad: "1 to 32 of a-z, 0-9, _ and -",
    done: (user: string) => `The password of ${user} is set`,
  },
  zh: {
    title: "设置密码",
    why: "由虚拟机内的代理设置，可用于控制台登录；若 SSH 允许密码登录，也可用于 SSH。节点不保存副本。",
    new: "虚拟机的新密码",
    set: "设置密码",
    bad: "8 至 128 个 ASCII 可打印字符",
    userBad: "1 至 32 个字符：a-z、0-9、_ 和 -",
    done: (user) => `${user} 的密码已设置`,
  },
});

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
  const words = useMessages(passwordMessages);
  const [name, setName] = useState(user);
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const ok = allowedUser.test(name) && allowedPassword.test(password);
  const set = async () => {
    setBusy(true);
    setError(undefined);
    const about = { title: words.title, rows: [[m.user, name]] as const, confirmLabel: words.set };
    try {
      await strict(`/api/v1/tasks/passwd/${id}`, { username: name, password }, about);
      setPassword("");
      toast(words.done(name));
      await onDone();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section aria-label={words.title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ok && !busy) void set();
        }}
      >
        <Stack gap={12}>
          <h3>{words.title}</h3>
          <p className="small muted">{words.why}</p>
          <TextField
            label={m.user}
            value={name}
            onChange={setName}
            autoComplete="off"
            spellCheck={false}
            error={!allowedUser.test(name) && words.userBad}
          />
          <PasswordField
            label={words.new}
            value={password}
            onChange={setPassword}
            autoComplete="new-password"
            error={password !== "" && !allowedPassword.test(password) && words.bad}
          />
          {error !== undefined && <ErrorNote error={error} />}
          <Row>
            <Button type="submit" disabled={!ok} busy={busy}>
              {words.set}
            </Button>
          </Row>
        </Stack>
      </form>
    </section>
  );
}
