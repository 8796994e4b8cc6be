import { useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { PasswordField, TextField } from "../ui/Field";
import { Form, useWork } from "../ui/Form";
import { Row, Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import type { Strict } from "../vm/strict";
import { words } from "./words";

const messages = define({
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

/**
 * allowedPassword is what the node accepts: 8 to 128 printable ASCII
 * characters.
 */
const allowedPassword = /^[ -~]{8,128}$/;
const allowedUser = /^[a-z0-9_-]{1,32}$/;

/**
 * PasswordForm sets a user's password in the guest; neither browser nor node
 * stores it.
 */
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
  const w = useMessages(words);
  const m = useMessages(messages);
  const [name, setName] = useState(user);
  const [password, setPassword] = useState("");
  const { busy, error, run } = useWork();
  const ok = allowedUser.test(name) && allowedPassword.test(password);
  const set = () =>
    run(async () => {
      const about = { title: m.title, rows: [[w.user, name]] as const, confirmLabel: m.set };
      await strict(`/api/v1/tasks/passwd/${id}`, { username: name, password }, about);
      setPassword("");
      toast(m.done(name));
      await onDone();
    });
  return (
    <section aria-label={m.title}>
      <Form ready={ok && !busy} onSubmit={set}>
        <Stack gap={12}>
          <h3>{m.title}</h3>
          <p className="small muted">{m.why}</p>
          <TextField
            label={w.user}
            value={name}
            onChange={setName}
            autoComplete="off"
            spellCheck={false}
            error={!allowedUser.test(name) && m.userBad}
          />
          <PasswordField
            label={m.new}
            value={password}
            onChange={setPassword}
            autoComplete="new-password"
            error={password !== "" && !allowedPassword.test(password) && m.bad}
          />
          {error !== undefined && <ErrorNote error={error} />}
          <Row>
            <Button type="submit" disabled={!ok} busy={busy !== ""}>
              {m.set}
            </Button>
          </Row>
        </Stack>
      </Form>
    </section>
  );
}
