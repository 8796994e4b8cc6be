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
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { load } from "../app/load";
import { useFormat } from "../i18n/format";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import type { MachineRef } from "../session/machine";
import { Asked } from "../ui/Asked";
import { Badge, type Tone } from "../ui/Badge";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ErrorNote } from "../ui/ErrorNote";
import { Card, Facts, Row, Stack } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { toast } from "../ui/toast";
import { Disks } from "./Disks";
import { Login } from "./Login";
import { ModifyForm } from "./ModifyForm";
import { messages } from "./messages";
import { noticeWords } from "./notices";
import { PasswordForm } from "./PasswordForm";
import { Reason } from "./Reason";
import { Steps } from "./Steps";
import type { Strict } from "./strict";
import { idleMs, isTaskStatus, mibOf, still, type Task, type TaskSummary } from "./tasks";
import type { Ask } from "./useSession";

const Console = lazy(() => load(() => import("./Console")));
const Screen = lazy(() => load(() => import("./Screen")));

function tone(status: string): Tone {
  if (status === "running") return "good";
  if (status.endsWith("error")) return "bad";
  return status === "closed" ? "neutral" : "accent";
}

/** VmCard is one virtual machine: its state live, its login, what can be done. */
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
  /** strict is absent where who looks at it may neither delete nor set passwords. */
  strict: Strict | undefined;
  summary: TaskSummary;
  may: boolean;
  onChange: () => Promise<void>;
}) {
  const m = useMessages(messages);
  const format = useFormat();
  const locale = useLocale();
  const id = summary.task_id;
  const [busy, setBusy] = useState("");
  const [error, setError] = useState<unknown>();
  const [open, setOpen] = useState<"logs" | "console" | "screen" | "disks" | "password" | "modify">();
  const toggle = (panel: "disks" | "password" | "modify") => setOpen(open === panel ? undefined : panel);
  const detail = useQuery({
    queryKey: ["task", id],
    queryFn: ({ signal }) => ask<Task>(`/api/v1/tasks/${id}`, {}, signal),
    refetchInterval: ({ state }) => (state.data && still(state.data.status) ? idleMs : 1_500),
  });
  const task = detail.data;
  const status = task?.status ?? summary.status;

  // Who has seen it run may confirm at once: the list, which is asked less often, has to know too.
  const later = task !== undefined && task.status !== summary.status;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each change
  useEffect(() => {
    if (later) void onChange();
  }, [later]);

  const run = async (name: string, work: () => Promise<unknown>) => {
    setBusy(name);
    setError(undefined);
    try {
      await work();
      await Promise.all([detail.refetch(), onChange()]);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy("");
    }
  };
  const act = (name: string, additional = {}) => run(name, () => ask(`/api/v1/tasks/${name}/${id}`, additional));
  const remove = () =>
    run("delete", async () => {
      const about = {
        title: m.deleteTitle,
        rows: [[m.deleteRow, id]] as const,
        warning: m.deleteWarning,
        confirmLabel: m.delete,
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
  return (
    <Card
      title={summary.desc || task?.image_name || id}
      actions={
        <Badge tone={tone(status)} dot>
          <span data-testid="status">{isTaskStatus(status) ? m.status[status] : status}</span>
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
              [m.image, task.image_name],
              [m.cpu, task.cpu_cores],
              [m.memory, format.gib(mibOf(task.mem_size))],
              [m.gpus, task.gpu_count],
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
            {running && button("restart", m.restart, <RotateCcw aria-hidden="true" />, () => void act("restart"))}
            {running && button("stop", m.stop, <Power aria-hidden="true" />, () => void act("stop"))}
            {running && button("reset", m.reset, <Zap aria-hidden="true" />, () => void act("reset"))}
            {(running || status === "being shutdown") &&
              button("poweroff", m.powerOff, <PowerOff aria-hidden="true" />, () => void act("poweroff"))}
            {(status === "closed" || status === "start error") &&
              button("start", m.start_, <Play aria-hidden="true" />, () => void act("start"))}
            {still(status) && button("disks", m.diskButton, <HardDrive aria-hidden="true" />, () => toggle("disks"))}
            {still(status) &&
              button("modify", m.modifyButton, <SlidersHorizontal aria-hidden="true" />, () => toggle("modify"))}
            {strict &&
              running &&
              button("password", m.passwordButton, <KeyRound aria-hidden="true" />, () => toggle("password"))}
            {strict &&
              still(status) &&
              button("delete", m.delete, <Trash2 aria-hidden="true" />, () => void remove(), true)}
          </Row>
        )}
        {may && open === "disks" && <Disks ask={ask} strict={strict} id={id} />}
        {may && task && open === "modify" && <ModifyForm ask={ask} task={task} onDone={detail.refetch} />}
        {strict && running && open === "password" && (
          <PasswordForm strict={strict} id={id} user={task?.user_name ?? ""} onDone={detail.refetch} />
        )}
      </Stack>
      {open === "logs" && <Logs ask={ask} id={id} onClose={() => setOpen(undefined)} />}
      {(open === "console" || open === "screen") && (
        <Dialog
          open
          wide
          takesKeys
          title={open === "console" ? m.console : m.screen}
          onClose={() => setOpen(undefined)}
        >
          <Suspense fallback={<Loading label={m.connecting} />}>
            {open === "console" ? (
              <Console ask={ask} machineId={at.machineId} taskId={id} />
            ) : (
              <Screen ask={ask} machineId={at.machineId} taskId={id} />
            )}
          </Suspense>
        </Dialog>
      )}
    </Card>
  );
}

function Logs({ ask, id, onClose }: { ask: Ask; id: string; onClose: () => void }) {
  const m = useMessages(messages);
  const log = useQuery({
    queryKey: ["logs", id],
    queryFn: ({ signal }) =>
      ask<{ logs: string }>(`/api/v1/tasks/logs/${id}`, { flag: "tail", line_num: "100" }, signal),
    refetchInterval: 3_000,
  });
  return (
    <Dialog open wide title={m.logs} onClose={onClose}>
      <Asked query={log} label={m.logs} />
      {log.data && <pre className="log">{log.data.logs || m.noLog}</pre>}
    </Dialog>
  );
}
