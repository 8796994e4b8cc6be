import { define, useMessages } from "../i18n/messages";
import { Command, CopyButton } from "../ui/Copy";
import { Facts, Row, Stack } from "../ui/Layout";
import { readHostKey } from "../vm/hostKey";
import { sshCommand, type Task } from "../vm/tasks";
import { words } from "./words";

const messages = define({
  en: {
    login: "Log in",
    sshCommand: "the SSH command",
    password: "Password",
    hostKey: "SSH host key",
    fingerprint: (type: string) => `${type} key fingerprint`,
    fingerprintWhy: "ssh shows this at the first login. If it shows another one, answer no.",
    known: "Line for ~/.ssh/known_hosts",
    knownWhy: "With it ssh knows the machine, and asks nothing.",
  },
  zh: {
    login: "登录",
    sshCommand: " SSH 命令",
    password: "密码",
    hostKey: "SSH 主机密钥",
    fingerprint: (type) => `${type} 密钥指纹`,
    fingerprintWhy: "首次登录时 ssh 会显示此指纹。若不一致，请回答 no。",
    known: "~/.ssh/known_hosts 中的一行",
    knownWhy: "加入后 ssh 即认识此虚拟机，不再询问。",
  },
});

/**
 * Login shows how to log in to a virtual machine, and how to verify its
 * identity.
 */
export function Login({ task }: { task: Task }) {
  const w = useMessages(words);
  const m = useMessages(messages);
  const command = sshCommand(task);
  const withPassword = task.login_password !== undefined && task.login_password !== "" && task.login_password !== "N/A";
  const key = readHostKey(task.ssh_host_keys?.[0] ?? "", task);
  return (
    <Stack gap={10}>
      <h3>{m.login}</h3>
      {command && <Command text={command} what={m.sshCommand} />}
      {withPassword && (
        <Facts
          rows={[
            [w.user, task.user_name],
            [
              m.password,
              <Row key="p" gap={2}>
                <code data-testid="password">{task.login_password}</code>
                <CopyButton text={task.login_password ?? ""} what={m.password} />
              </Row>,
            ],
          ]}
        />
      )}
      {key && (
        <details>
          <summary className="small muted">{m.hostKey}</summary>
          <Stack gap={6}>
            <p className="small muted">
              {m.fingerprint(key.type)}: {m.fingerprintWhy}
            </p>
            <Command text={key.fingerprint} what={m.fingerprint(key.type)} />
            {key.known && (
              <>
                <p className="small muted">
                  {m.known}: {m.knownWhy}
                </p>
                <Command text={key.known} what={m.known} />
              </>
            )}
          </Stack>
        </details>
      )}
    </Stack>
  );
}
