import type { Notice, Reason } from "../node/codes";
import { amount, fault, formed, instant, list, maybe, type Reader, record, text, texts } from "../node/read";
import { taskIdForm } from "./taskId";
import type { Disk, DiskList, Step, Task, TaskSummary } from "./tasks";

/**
 * What a machine answers about virtual machines, checked where it enters the
 * app: an id becomes part of commands to copy, of paths and of what is signed.
 */

const taskId = formed(taskIdForm, "an id of 20 to 22 letters and digits");

const summary = {
  task_id: taskId,
  create_time: instant,
  desc: text,
  status: text,
  rent_order: formed(/^\d{1,20}$/, "a rental's number"),
  kept_until: maybe(instant),
};

const reason = record<Reason>({ code: text, params: maybe(texts) });

const notice = record<Notice>({
  code: text,
  at: maybe(instant),
  within_seconds: maybe(amount),
  task_id: maybe(taskId),
  params: maybe(texts),
});

const step = record<Step>({ name: text, started: maybe(instant), took_ms: maybe(amount) });

/** readTasks reads the list of a wallet's virtual machines. */
export const readTasks: Reader<TaskSummary[]> = (answer) =>
  record<{ tasks: TaskSummary[] }>({ tasks: list(record<TaskSummary>(summary)) })(answer).tasks;

const task = record<Task>({
  ...summary,
  os: maybe(text),
  ssh_ip: maybe(text),
  ssh_port: maybe(text),
  ssh_sources: maybe(list(text)),
  user_name: maybe(text),
  login_password: maybe(text),
  image_name: text,
  cpu_cores: text,
  gpu_count: text,
  mem_size: text,
  disks: maybe(list(record<{ name: string; size: string }>({ name: text, size: text }))),
  custom_port: maybe(list(text)),
  local_address: maybe(list(text)),
  ssh_host_keys: maybe(list(text)),
  steps: maybe(list(step)),
  reason: maybe(reason),
  warnings: maybe(list(notice)),
});

/** about refuses an answer that is about another virtual machine than was asked for. */
function about<T extends { task_id: string }>(read: Reader<T>): (id: string) => Reader<T> {
  return (id) => (answer) => {
    const got = read(answer);
    if (got.task_id !== id) throw fault("task_id", got.task_id, id);
    return got;
  };
}

/** readTask reads one virtual machine. */
export const readTask = about(task);

/** readDisks reads a virtual machine's disks. */
export const readDisks = about(
  record<DiskList>({
    task_id: taskId,
    disks: list(
      record<Disk>({
        disk: formed(/^[a-z0-9]{1,16}$/, "a disk's name"),
        size: formed(/^\d{1,7}G$/, "a size such as 10G"),
        status: text,
      }),
    ),
    reason: maybe(reason),
  }),
);

/** readLog reads the end of a serial console's log. */
export const readLog = record<{ logs: string }>({ logs: text });

/** readToken reads the token that opens a console or a screen once. */
export const readToken = record<{ token: string }>({ token: text });
