// Made by make spec from what nodes tell; not edited. A code without words in
// both languages fails the build.

/** Reason says why a virtual machine, or a change of its disks, is as it is. */
export interface Reason {
  code: string;
  params?: Record<string, string>;
}

/** Notice says what a renter is about to lose, or should know. */
export interface Notice {
  code: string;
  at?: string;
  within_seconds?: number;
  task_id?: string;
  params?: Record<string, string>;
}

/** ReasonParams are the parameters of each reason. */
export interface ReasonParams {
  CREATE_FAILED: { step: string; detail: string };
  DISK_ADD_FAILED: { disk: string; detail: string };
  DISK_DELETE_FAILED: { disk: string; detail: string };
  DISK_HELD: { disk: string; detail: string };
  DISK_RESIZED_LATER: { disk: string; gib: string; detail: string };
  DISK_RESIZE_FAILED: { disk: string; detail: string };
  EVICTED: Record<never, never>;
  GUEST_DIED: { bios_mode: string; detail: string };
  GUEST_OFF: Record<never, never>;
  GUEST_SILENT: { seconds: string; bios_mode: string; detail: string };
  HOST_FULL: { step: string; detail: string };
  PAUSED_CHAIN: Record<never, never>;
  PAUSED_DISK: Record<never, never>;
  POWERED_OFF: Record<never, never>;
  REBOOT_FAILED: { detail: string };
  RENTAL_BROKEN: Record<never, never>;
  RENTAL_ENDED: Record<never, never>;
  RENTAL_FORGOTTEN: Record<never, never>;
  RENTAL_REFUNDED: Record<never, never>;
  RESET_FAILED: { detail: string };
  RESTART_FAILED: { detail: string };
  SHUT_DOWN: Record<never, never>;
  START_FAILED: { detail: string };
  STOPPED_HARD: { seconds: string };
  STOP_FAILED: { detail: string };
  WAITS_HYPERVISOR: Record<never, never>;
}

/** NoticeParams are the parameters of each notice. */
export interface NoticeParams {
  CHANGE_PENDING: Record<never, never>;
  DISKS_KEPT: { evictable: string };
  RENTAL_ENDS: Record<never, never>;
  TRIAL_ENDS: Record<never, never>;
  TRIAL_RENTAL_ENDS: Record<never, never>;
  VNC_NOT_OPENED: Record<never, never>;
}

/** TaskStatus is where a virtual machine stands. */
export type TaskStatus =
  | "creating"
  | "running"
  | "closed"
  | "start error"
  | "shutdown error"
  | "poweroff error"
  | "restart error"
  | "reset error"
  | "starting"
  | "being shutdown"
  | "being poweroff"
  | "restarting"
  | "resetting"
  | "create error"
  | "deleting"
  | "disk adding"
  | "disk resizing"
  | "disk deleting";
