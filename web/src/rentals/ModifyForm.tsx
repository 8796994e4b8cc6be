import { useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { typed } from "../money/typed";
import { ignored } from "../node/read";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { TextArea, TextField } from "../ui/Field";
import { Form, useWork } from "../ui/Form";
import { Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { readGib, readNetworks, readPort, type Task } from "../vm/tasks";
import type { Ask } from "../vm/useSession";
import css from "./CreateVm.module.css";
import { words } from "./words";

const messages = define({
  en: {
    title: "Change the virtual machine",
    why: "Ports change at once; processors and memory from the next start. What is left empty stays. As SSH port, auto lets the machine pick another one; as network, any lets everybody connect.",
    memory: "Memory, GiB",
    portsHint:
      "One a line, as when it was made, such as tcp,auto:80; they replace those that there are. none removes them.",
    save: "Change",
    done: "Changed",
  },
  zh: {
    title: "修改虚拟机",
    why: "端口立即生效；处理器和内存在下次启动时生效。留空的项目保持不变。SSH 端口填 auto 则由机器另选一个；网段填 any 则不限制。",
    memory: "内存，GiB",
    portsHint: "每行一个，格式与创建时相同，如 tcp,auto:80；将替换现有端口。填 none 则全部移除。",
    save: "修改",
    done: "已修改",
  },
});

/** readSshPort reads a port, or auto for one of the machine's choice. */
function readSshPort(text: string): string | undefined {
  return typed(text).trim().toLowerCase() === "auto" ? "auto" : readPort(text);
}

/** ModifyForm changes a virtual machine's ports, processors and memory. */
export function ModifyForm({ ask, task, onDone }: { ask: Ask; task: Task; onDone: () => Promise<unknown> }) {
  const w = useMessages(words);
  const m = useMessages(messages);
  const [port, setPort] = useState("");
  const [from, setFrom] = useState("");
  const [cpus, setCpus] = useState("");
  const [memory, setMemory] = useState("");
  const [ports, setPorts] = useState("");
  const { busy, error, run } = useWork();
  const list = typed(ports)
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const bad = (text: string, read: (text: string) => string | undefined) =>
    text.trim() !== "" && read(text) === undefined;
  const wrong = bad(port, readSshPort) || bad(cpus, readGib) || bad(memory, readGib);
  const wish = {
    ...(readSshPort(port) && { new_ssh_port: readSshPort(port) }),
    ...(readNetworks(from).length > 0 && { new_ssh_sources: readNetworks(from) }),
    ...(readGib(cpus) && { new_cpu_cores: readGib(cpus) }),
    ...(readGib(memory) && { new_mem_size: readGib(memory) }),
    ...(list.length > 0 && { new_custom_port: list }),
  };
  const ok = !wrong && Object.keys(wish).length > 0;
  const save = () =>
    run(async () => {
      await ask(`/api/v1/tasks/modify/${task.task_id}`, ignored, wish);
      toast(m.done);
      for (const clear of [setPort, setFrom, setCpus, setMemory, setPorts]) clear("");
      await onDone();
    });
  const number = (label: string, now: string, value: string, set: (text: string) => void, isBad: boolean) => (
    <TextField
      label={label}
      placeholder={now}
      value={value}
      onChange={set}
      inputMode="numeric"
      autoComplete="off"
      error={isBad && w.number}
    />
  );
  return (
    <Form aria-label={m.title} ready={ok && !busy} onSubmit={save}>
      <Stack gap={12}>
        <h3>{m.title}</h3>
        <p className="small muted">{m.why}</p>
        <div className={css.grid}>
          {number(w.sshPort, task.ssh_port ?? "", port, setPort, bad(port, readSshPort))}
          <TextField
            label={w.sshFrom}
            placeholder={task.ssh_sources?.join(", ") ?? ""}
            value={from}
            onChange={setFrom}
            autoComplete="off"
          />
          {number(w.cpus, task.cpu_cores, cpus, setCpus, bad(cpus, readGib))}
          {number(m.memory, task.mem_size, memory, setMemory, bad(memory, readGib))}
        </div>
        <TextArea
          label={w.ports}
          hint={m.portsHint}
          placeholder={task.custom_port?.join("\n") ?? ""}
          value={ports}
          onChange={setPorts}
          rows={2}
          spellCheck={false}
          autoComplete="off"
        />
        {error !== undefined && <ErrorNote error={error} />}
        <div>
          <Button type="submit" disabled={!ok} busy={busy !== ""}>
            {m.save}
          </Button>
        </div>
      </Stack>
    </Form>
  );
}
