import { useQuery } from "@tanstack/react-query";
import {
  FileText,
  HardDrive,
  KeyRound,
  Monitor,
  Play,
  Power,
  PowerOff,
  RotateCcw,
  SlidersHorizontal,
  SquareTerminal,
  Trash2,
  Zap,
} from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useFormat } from "../i18n/format";
import { useLocale } from "../i18n/locale";
import { define, useMessages } from "../i18n/messages";
import { ignored } from "../node/read";
import type { MachineRef } from "../session/machine";
import { Asked } from "../ui/Asked";
import { Badge, type Tone } from "../ui/Badge";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ErrorNote } from "../ui/ErrorNote";
import { useWork } from "../ui/Form";
import { Card, Facts, Row, Stack } from "../ui/Layout";
import { part, Shown } from "../ui/part";
import { toast } from "../ui/toast";
import { allowed, type Request } from "../vm/allowed";
import { readLog, readTask } from "../vm/answers";
import { noticeWords } from "../vm/notices";
import type { Strict } from "../vm/strict";
import { idleMs, isTaskStatus, mibOf, still, type TaskSummary } from "../vm/tasks";
import type { Ask } from "../vm/useSession";
import { words as vmWords } from "../vm/words";
import { Disks } from "./Disks";
import { Login } from "./Login";
import { ModifyForm } from "./ModifyForm";
import { PasswordForm } from "./PasswordForm";
import { Reason } from "./Reason";
import { Steps } from "./Steps";
import { words } from "./words";

const messages = define({
  en: {
    start_: "Start",
    stop: "Stop",
    restart: "Restart",
    reset: "Reset",
    powerOff: "Power off",
    modifyButton: "Change",
    logs: "Serial log",
    console: "Console",
    screen: "Screen",
    deleteTitle: "Delete the virtual machine",
    deleteWarning: "Its disks are deleted with it. Nothing brings them back.",
    deleted: "It is being deleted",
    noLog: "The console has said nothing yet.",
    keptUntil: (when: string) => `Its disks are kept until ${when}.`,
    cpu: "Processors",
    created: "Made",
    connecting: "Connecting…",
    diskButton: "Disks",
    passwordButton: "Set a password",
  },
  zh: {
    start_: "启动",
    stop: "关机",
    restart: "重启",
    reset: "复位",
    powerOff: "强制断电",
    modifyButton: "修改",
    logs: "串口日志",
    console: "控制台",
    screen: "桌面",
    deleteTitle: "删除虚拟机",
    deleteWarning: "磁盘将一并删除，无法恢复。",
    deleted: "正在删除",
    noLog: "控制台尚无输出。",
    keptUntil: (when) => `磁盘保留至 ${when}。`,
    cpu: "处理器",
    created: "创建于",
    connecting: "正在连接……",
    diskButton: "磁盘",
    passwordButton: "设置密码",
  },
});

const parts = { console: part(() => import("./Console")), screen: part(() => import("./Screen")) };

function tone(status: string): Tone {
  if (status === "running") return "good";
  if (status.endsWith("error")) return "bad";
  return status === "closed" ? "neutral" : "accent";
}

/**
 * VmCard shows one virtual machine: its live state, its login, what can be
 * done.
 */
export function VmCard({
  at,
  ask,
  strict,
  summary,
  may,
  onChange,
}: {
  at: MachineRef;
  ask: Ask;
  /** strict is absent if the viewer may neither delete nor set passwords. */
  strict: Strict | undefined;
  summary: TaskSummary;
  may: boolean;
  onChange: () => Promise<void>;
}) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const ofVms = useMessages(vmWords);
  const format = useFormat();
  const locale = useLocale();
  const id = summary.task_id;
  const { busy, error, run } = useWork();
  const [open, setOpen] = useState<"logs" | "console" | "screen" | "disks" | "password" | "modify">();
  const toggle = (panel: "disks" | "password" | "modify") => setOpen(open === panel ? undefined : panel);
  const detail = useQuery({
    queryKey: ["task", id],
    queryFn: ({ signal }) => ask(`/api/v1/tasks/${id}`, readTask(id), {}, signal),
    refetchInterval: ({ state }) => (state.data && still(state.data.status) ? idleMs : 1_500),
  });
  const task = detail.data;
  const status = task?.status ?? summary.status;

  // Once it has been seen running, confirming is possible at once: the list,
  // which is polled less often, has to know too.
  const later = task !== undefined && task.status !== summary.status;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each change
  useEffect(() => {
    if (later) void onChange();
  }, [later]);

  const change = (name: string, work: () => Promise<unknown>) =>
    run(async () => {
      await work();
      await Promise.all([detail.refetch(), onChange()]);
    }, name);
  const act = (name: string, additional = {}) =>
    change(name, () => ask(`/api/v1/tasks/${name}/${id}`, ignored, additional));
  const remove = () =>
    change("delete", async () => {
      const about = {
        title: m.deleteTitle,
        rows: [[w.deleteRow, id]] as const,
        warning: m.deleteWarning,
        confirmLabel: w.delete,
      };
      await strict?.(`/api/v1/tasks/delete/${id}`, {}, about);
      toast(m.deleted);
    });
  const button = (name: string, label: string, icon: ReactNode, onClick: () => void, danger = false) => (
    <Button
      size="small"
      icon={icon}
      variant={danger ? "danger" : "secondary"}
      busy={busy === name}
      disabled={busy !== ""}
      onClick={onClick}
    >
      {label}
    </Button>
  );
  const running = status === "running";
  const can = (request: Request) => allowed(status, request);
  return (
    <Card
      title={summary.desc || task?.image_name || id}
      actions={
        <Badge tone={tone(status)} dot>
          <span data-testid="status">{isTaskStatus(status) ? ofVms.status[status] : status}</span>
        </Badge>
      }
    >
      <Stack>
        <Asked query={detail} />
        {task && <Reason task={task} />}
        {task?.warnings?.map((notice) => (
          <Banner key={notice.code} tone="warn">
            {noticeWords(notice, locale, format.time)}
          </Banner>
        ))}
        {summary.kept_until && <Banner tone="info">{m.keptUntil(format.time(new Date(summary.kept_until)))}</Banner>}
        {task && running && <Login task={task} />}
        {task?.steps && (status === "creating" || status === "create error") && (
          <Steps steps={task.steps} failed={status === "create error"} />
        )}
        {task && (
          <Facts
            rows={[
              [w.image, task.image_name],
              [m.cpu, task.cpu_cores],
              [w.memory, format.gib(mibOf(task.mem_size))],
              [w.gpus, task.gpu_count],
              [m.created, format.time(new Date(task.create_time))],
            ]}
          />
        )}
        {error !== undefined && <ErrorNote error={error} />}
        {may && (
          <Row gap={8}>
            {running && button("console", m.console, <SquareTerminal aria-hidden="true" />, () => setOpen("console"))}
            {running && button("screen", m.screen, <Monitor aria-hidden="true" />, () => setOpen("screen"))}
            {button("logs", m.logs, <FileText aria-hidden="true" />, () => setOpen("logs"))}
            {can("restart") &&
              button("restart", m.restart, <RotateCcw aria-hidden="true" />, () => void act("restart"))}
            {can("shutdown") && button("stop", m.stop, <Power aria-hidden="true" />, () => void act("stop"))}
            {can("reset") && button("reset", m.reset, <Zap aria-hidden="true" />, () => void act("reset"))}
            {can("poweroff") &&
              button("poweroff", m.powerOff, <PowerOff aria-hidden="true" />, () => void act("poweroff"))}
            {can("start") && button("start", m.start_, <Play aria-hidden="true" />, () => void act("start"))}
            {can("change disks") &&
              button("disks", m.diskButton, <HardDrive aria-hidden="true" />, () => toggle("disks"))}
            {can("modify") &&
              button("modify", m.modifyButton, <SlidersHorizontal aria-hidden="true" />, () => toggle("modify"))}
            {strict &&
              can("set a password") &&
              button("password", m.passwordButton, <KeyRound aria-hidden="true" />, () => toggle("password"))}
            {strict &&
              can("delete") &&
              button("delete", w.delete, <Trash2 aria-hidden="true" />, () => void remove(), true)}
          </Row>
        )}
        {may && open === "disks" && <Disks ask={ask} strict={strict} id={id} />}
        {may && task && open === "modify" && <ModifyForm ask={ask} task={task} onDone={detail.refetch} />}
        {strict && open === "password" && can("set a password") && (
          <PasswordForm strict={strict} id={id} user={task?.user_name ?? ""} onDone={detail.refetch} />
        )}
      </Stack>
      {open === "logs" && <Logs ask={ask} id={id} onClose={() => setOpen(undefined)} />}
      {(open === "console" || open === "screen") && (
        <Dialog open wide takesKeys title={m[open]} onClose={() => setOpen(undefined)}>
          <Shown of={parts[open]} given={{ ask, machineId: at.machineId, taskId: id }} label={m.connecting} />
        </Dialog>
      )}
    </Card>
  );
}

function Logs({ ask, id, onClose }: { ask: Ask; id: string; onClose: () => void }) {
  const m = useMessages(messages);
  const log = useQuery({
    queryKey: ["logs", id],
    queryFn: ({ signal }) => ask(`/api/v1/tasks/logs/${id}`, readLog, { flag: "tail", line_num: "100" }, signal),
    refetchInterval: 3_000,
  });
  return (
    <Dialog open wide title={m.logs} onClose={onClose}>
      <Asked query={log} label={m.logs} />
      {log.data && <pre className="log">{log.data.logs || m.noLog}</pre>}
    </Dialog>
  );
}
