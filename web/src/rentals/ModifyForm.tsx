import { useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { typed } from "../money/typed";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { TextArea, TextField } from "../ui/Field";
import { Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import css from "./CreateVm.module.css";
import { messages as rentals } from "./messages";
import { readGib, readPort, type Task } from "./tasks";
import type { Ask } from "./useSession";

const messages = define({
  en: {
    title: "Change the virtual machine",
    why: "Ports change at once; processors and memory from the next start. What is left empty stays.",
    memory: "Memory, GiB",
    portsHint: "One a line, as when it was made; they replace those that there are. none removes them.",
    save: "Change",
    done: "Changed",
  },
  zh: {
    title: "修改虚拟机",
    why: "端口立即生效；处理器和内存在下次启动时生效。留空的项目保持不变。",
    memory: "内存，GiB",
    portsHint: "每行一个，格式与创建时相同；将替换现有端口。填 none 则全部移除。",
    save: "修改",
    done: "已修改",
  },
});

/** ModifyForm changes a virtual machine's ports, processors and memory. */
export function ModifyForm({ ask, task, onDone }: { ask: Ask; task: Task; onDone: () => Promise<unknown> }) {
  const m = useMessages(rentals);
  const words = useMessages(messages);
  const [port, setPort] = useState("");
  const [cpus, setCpus] = useState("");
  const [memory, setMemory] = useState("");
  const [ports, setPorts] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const list = typed(ports)
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const bad = (text: string, read: (text: string) => string | undefined) =>
    text.trim() !== "" && read(text) === undefined;
  const wrong = bad(port, readPort) || bad(cpus, readGib) || bad(memory, readGib);
  const wish = {
    ...(readPort(port) && { new_ssh_port: readPort(port) }),
    ...(readGib(cpus) && { new_cpu_cores: readGib(cpus) }),
    ...(readGib(memory) && { new_mem_size: readGib(memory) }),
    ...(list.length > 0 && { new_custom_port: list }),
  };
  const ok = !wrong && Object.keys(wish).length > 0;
  const save = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await ask(`/api/v1/tasks/modify/${task.task_id}`, wish);
      toast(words.done);
      for (const clear of [setPort, setCpus, setMemory, setPorts]) clear("");
      await onDone();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const number = (label: string, now: string, value: string, set: (text: string) => void, isBad: boolean) => (
    <TextField
      label={label}
      placeholder={now}
      value={value}
      onChange={set}
      inputMode="numeric"
      autoComplete="off"
      error={isBad && m.number}
    />
  );
  return (
    <form
      aria-label={words.title}
      onSubmit={(event) => {
        event.preventDefault();
        if (ok && !busy) void save();
      }}
    >
      <Stack gap={12}>
        <h3>{words.title}</h3>
        <p className="small muted">{words.why}</p>
        <div className={css.grid}>
          {number(m.sshPort, task.ssh_port ?? "", port, setPort, bad(port, readPort))}
          {number(m.cpus, task.cpu_cores, cpus, setCpus, bad(cpus, readGib))}
          {number(words.memory, task.mem_size, memory, setMemory, bad(memory, readGib))}
        </div>
        <TextArea
          label={m.ports}
          hint={words.portsHint}
          placeholder={task.custom_port?.join("\n") ?? ""}
          value={ports}
          onChange={setPorts}
          rows={2}
          spellCheck={false}
          autoComplete="off"
        />
        {error !== undefined && <ErrorNote error={error} />}
        <div>
          <Button type="submit" disabled={!ok} busy={busy}>
            {words.save}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
