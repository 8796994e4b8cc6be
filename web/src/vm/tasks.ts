import { typed } from "../money/typed";

/**
 * A machine's data about its virtual machines; package api of the node is the
 * specification.
 */

import type { Notice, Reason, TaskStatus } from "../node/codes";
import { words } from "./words";

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
  /** Absent, everybody may connect. */
  ssh_sources?: string[];
  user_name?: string;
  login_password?: string;
  image_name: string;
  cpu_cores: string;
  gpu_count: string;
  mem_size: string;
  disks?: { name: string; size: string }[];
  custom_port?: string[];
  local_address?: string[];
  ssh_host_keys?: string[];
  steps?: Step[];
  reason?: Reason;
  warnings?: Notice[];
}

/** Disk is a disk of a virtual machine; vda is the system disk. */
export interface Disk {
  disk: string;
  /** size, such as 10G, is in GiB. */
  size: string;
  /** status is ok, or the work in progress. */
  status: string;
}

export interface DiskList {
  task_id: string;
  disks: Disk[];
  /** reason says why the last change failed. */
  reason?: Reason;
}

/**
 * readGib parses a size that a machine accepts, in whole GiB, and returns
 * undefined if it is invalid.
 */
export function readGib(text: string): string | undefined {
  return /^[1-9]\d{0,5}$/.exec(typed(text).trim())?.[0];
}

/** readNetworks reads networks, addresses or any, apart by commas or spaces. */
export function readNetworks(text: string): string[] {
  return typed(text)
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((network) => network.toLowerCase());
}

/** readPort parses a port, and returns undefined if it is invalid. */
export function readPort(text: string): string | undefined {
  return /^[1-9]\d{0,4}$/.exec(typed(text).trim())?.[0];
}

/** gibOf parses a disk's size such as 10G. */
export function gibOf(size: string): number {
  return Number(/^(\d+)G$/.exec(size)?.[1] ?? 0);
}

/**
 * mibOf parses a memory size such as 2G or 1843M, and returns 0 for a format
 * that no node sends.
 */
export function mibOf(size: string): number {
  const [, number = 0, unit] = /^(\d{1,9})([GM])$/.exec(size) ?? [];
  return Number(number) * (unit === "G" ? 1024 : 1);
}

/** isTaskStatus reports whether this version has a text for a status. */
export function isTaskStatus(status: string): status is TaskStatus {
  return Object.hasOwn(words.en.status, status);
}

/**
 * idleMs is the interval at which a machine is polled while no work is in
 * progress, in ms.
 */
export const idleMs = 20_000;

/** still reports whether a task's status does not change unless somebody acts. */
export function still(status: string): boolean {
  return status === "running" || status === "closed" || status.endsWith("error");
}

/**
 * neverUp are the states of a virtual machine that never ran, or that is being
 * deleted.
 */
const neverUp = ["creating", "create error", "deleting"];

/**
 * cameUp reports whether one of a rental's virtual machines ever ran; deleted
 * ones are not among them.
 */
export function cameUp(tasks: readonly Pick<TaskSummary, "status">[]): boolean {
  return tasks.some(({ status }) => !neverUp.includes(status));
}

/**
 * reasonTone is bad only for failures: a renter who shut down the guest needs
 * no alarm.
 */
export function reasonTone(status: string): "bad" | "info" {
  return status.endsWith("error") ? "bad" : "info";
}

/**
 * sshCommand returns the command to log in, built from validated parts because
 * it is pasted into a terminal.
 */
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

/**
 * cpuChoices returns the numbers of CPUs that a VM may have within a share:
 * even numbers, or one if the share is one.
 */
export function cpuChoices(share: number): number[] {
  if (share < 2) return [1];
  return Array.from({ length: Math.floor(share / 2) }, (_, n) => (n + 1) * 2);
}

/** part returns floor(total × slots ÷ all). */
export function part(total: number, slots: number, all: number): number {
  return Number((BigInt(Math.floor(total)) * BigInt(slots)) / BigInt(Math.max(1, all)));
}
