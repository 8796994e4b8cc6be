import { typed } from "../money/typed";

/** What a machine tells of its virtual machines; package api of the node is the specification. */

import type { Notice, Reason, TaskStatus } from "../node/codes";
import { messages } from "./messages";

export interface TaskSummary {
  task_id: string;
  create_time: string;
  desc: string;
  status: string;
  rent_order: string;
  kept_until?: string;
}

export interface Step {
  name: string;
  started?: string;
  took_ms?: number;
}

export interface Task extends TaskSummary {
  os?: string;
  ssh_ip?: string;
  ssh_port?: string;
  user_name?: string;
  login_password?: string;
  image_name: string;
  cpu_cores: string;
  gpu_count: string;
  mem_size: string;
  custom_port?: string[];
  local_address?: string[];
  ssh_host_keys?: string[];
  steps?: Step[];
  reason?: Reason;
  warnings?: Notice[];
}

/** Disk is one of a virtual machine; vda is the system's. */
export interface Disk {
  disk: string;
  /** size is such as 10G, in GiB. */
  size: string;
  /** status is ok, or what is being done. */
  status: string;
}

export interface DiskList {
  task_id: string;
  disks: Disk[];
  /** reason says why the last change failed. */
  reason?: Reason;
}

/** readGib reads a size that a machine takes, in whole GiB; undefined for what is none. */
export function readGib(text: string): string | undefined {
  return /^[1-9]\d{0,5}$/.exec(typed(text).trim())?.[0];
}

/** readPort reads a port; undefined for what is none. */
export function readPort(text: string): string | undefined {
  return /^[1-9]\d{0,4}$/.exec(typed(text).trim())?.[0];
}

/** gibOf reads a disk's size such as 10G. */
export function gibOf(size: string): number {
  return Number(/^(\d+)G$/.exec(size)?.[1] ?? 0);
}

/** mibOf reads a memory's size such as 2G or 1843M; 0 is none that a node tells. */
export function mibOf(size: string): number {
  const [, number = 0, unit] = /^(\d{1,9})([GM])$/.exec(size) ?? [];
  return Number(number) * (unit === "G" ? 1024 : 1);
}

/** isTaskStatus tells whether a status is one that this version has words for. */
export function isTaskStatus(status: string): status is TaskStatus {
  return Object.hasOwn(messages.en.status, status);
}

/** idleMs is how often a machine is asked while nothing is under way, in ms. */
export const idleMs = 20_000;

/** still tells whether a task stays as it is unless somebody acts. */
export function still(status: string): boolean {
  return status === "running" || status === "closed" || status.endsWith("error");
}

/** neverUp are the states of a virtual machine that never ran, or that is going. */
const neverUp = ["creating", "create error", "deleting"];

/** cameUp tells whether one of a rental's virtual machines ever ran; a deleted one is not among them. */
export function cameUp(tasks: readonly Pick<TaskSummary, "status">[]): boolean {
  return tasks.some(({ status }) => !neverUp.includes(status));
}

/** reasonTone is bad only for what failed: who shut his guest down himself needs no alarm. */
export function reasonTone(status: string): "bad" | "info" {
  return status.endsWith("error") ? "bad" : "info";
}

/** sshCommand is the line to log in by, made of checked parts: it is pasted into a terminal. */
export function sshCommand(task: Pick<Task, "ssh_ip" | "ssh_port" | "user_name">): string | undefined {
  const { ssh_ip = "", ssh_port = "", user_name = "" } = task;
  if (
    !/^[0-9a-fA-F.:]{3,45}$/.test(ssh_ip) ||
    !/^\d{1,5}$/.test(ssh_port) ||
    !/^[a-z_][a-z0-9_-]{0,31}$/.test(user_name)
  )
    return undefined;
  return `ssh -p ${ssh_port} ${user_name}@${ssh_ip}`;
}

/** cpuChoices are the processors that a VM may have of a share: even numbers, or one where the share is one. */
export function cpuChoices(share: number): number[] {
  if (share < 2) return [1];
  return Array.from({ length: Math.floor(share / 2) }, (_, n) => (n + 1) * 2);
}

/** part is floor(total × slots ÷ all). */
export function part(total: number, slots: number, all: number): number {
  return Number((BigInt(Math.floor(total)) * BigInt(slots)) / BigInt(Math.max(1, all)));
}
