import type { Locale } from "../i18n/locale";
import { define, wordFor } from "../i18n/messages";
import type { Notice, NoticeParams, Reason, ReasonParams } from "../node/codes";
import { words } from "./words";

/**
 * When formats a notice's time: at is its end, within a span such as "1 hour",
 * or "" if it is far away.
 */
interface When {
  at: string;
  within: string;
  id: string;
}

/** Words has a text for every code, with its parameters. */
type Words<P, More = unknown> = { [C in keyof P]: (params: P[C] & More) => string };

const detail = (text: string) => (text ? ` (${text})` : "");
const detailZh = (text: string) => (text ? `（${text}）` : "");

export const reasons = {
  en: {
    RENTAL_ENDED: () => "Its rental has ended.",
    RENTAL_REFUNDED: () => "Its rental was refunded.",
    RENTAL_BROKEN: () => "Its rental was broken.",
    RENTAL_FORGOTTEN: () => "Its rental ended long ago and is no longer on the chain.",
    SHUT_DOWN: () => "Its renter shut it down.",
    POWERED_OFF: () => "Its renter powered it off.",
    STOPPED_HARD: (p) => `The guest did not shut down within ${p.seconds} seconds and was stopped hard.`,
    GUEST_OFF: () => "The guest shut itself down.",
    PAUSED_CHAIN: () => "Paused: its node can't read the chain, and the last end that it knows of the rental is past.",
    PAUSED_DISK: () => "Paused: the host's disk takes no more data. The virtual machine goes on when it does.",
    WAITS_HYPERVISOR: () => "The machine's hypervisor does not answer. Its node tries again until the rental is over.",
    EVICTED: () => "Its kept disks made room for a new virtual machine.",
    CREATE_FAILED: (p) => `Step “${p.step}” failed${detail(p.detail)}.`,
    GUEST_SILENT: (p) =>
      `No answer on port 22 within ${p.seconds} seconds. The image needs an SSH server and cloud-init (NoCloud), and to boot by bios_mode ${p.bios_mode}. Choose another image, or give it more CPUs and memory${detail(p.detail)}.`,
    GUEST_DIED: (p) =>
      `The guest went off before it answered. Does the image boot by bios_mode ${p.bios_mode}, with virtio disks?${detail(p.detail)}`,
    HOST_FULL: (p) => `The host's disk is full, in step “${p.step}”${detail(p.detail)}.`,
    CARD_REFUSED: (p) =>
      `The machine could not give it a card (${p.cause}), in step “${p.step}”. Cancel the trial, or ask the host${detail(p.detail)}.`,
    RESTART_FAILED: (p) => `It could not be started again; its node tries again${detail(p.detail)}.`,
    START_FAILED: (p) => `It could not be started${detail(p.detail)}.`,
    STOP_FAILED: (p) => `It could not be stopped${detail(p.detail)}.`,
    REBOOT_FAILED: (p) => `It could not be restarted${detail(p.detail)}.`,
    RESET_FAILED: (p) => `It could not be reset${detail(p.detail)}.`,
    DISK_ADD_FAILED: (p) => `Disk ${p.disk} could not be added${detail(p.detail)}.`,
    DISK_RESIZE_FAILED: (p) => `Disk ${p.disk} could not be enlarged${detail(p.detail)}.`,
    DISK_DELETE_FAILED: (p) => `Disk ${p.disk} could not be deleted${detail(p.detail)}.`,
    DISK_RESIZED_LATER: (p) =>
      `Disk ${p.disk} has ${p.gib} GiB now, which the guest sees after its next start${detail(p.detail)}.`,
    DISK_HELD: (p) =>
      `Disk ${p.disk} was not deleted: the guest does not let go of it. Unmount it, or shut the virtual machine down first.`,
  } satisfies Words<ReasonParams>,
  zh: {
    RENTAL_ENDED: () => "租用已结束。",
    RENTAL_REFUNDED: () => "租用已退款。",
    RENTAL_BROKEN: () => "租用已提前终止。",
    RENTAL_FORGOTTEN: () => "租用早已结束，链上不再保留其记录。",
    SHUT_DOWN: () => "租用方已将其关机。",
    POWERED_OFF: () => "租用方已切断其电源。",
    STOPPED_HARD: (p) => `系统未在 ${p.seconds} 秒内关机，已被强制停止。`,
    GUEST_OFF: () => "系统已自行关机。",
    PAUSED_CHAIN: () => "已暂停：节点无法读取链上数据，且其已知的租期已过。",
    PAUSED_DISK: () => "已暂停：宿主机磁盘无法再写入。恢复写入后虚拟机继续运行。",
    WAITS_HYPERVISOR: () => "机器的虚拟化服务没有响应。在租用结束之前，节点会不断重试。",
    EVICTED: () => "保留的磁盘已为新的虚拟机让出空间。",
    CREATE_FAILED: (p) => `步骤“${p.step}”失败${detailZh(p.detail)}。`,
    GUEST_SILENT: (p) =>
      `22 端口在 ${p.seconds} 秒内没有应答。镜像须带有 SSH 服务和 cloud-init（NoCloud），并能以 bios_mode ${p.bios_mode} 启动。请更换镜像，或分配更多 CPU 和内存${detailZh(p.detail)}。`,
    GUEST_DIED: (p) =>
      `系统在应答之前已关机。镜像能否以 bios_mode ${p.bios_mode} 和 virtio 磁盘启动？${detailZh(p.detail)}`,
    HOST_FULL: (p) => `宿主机磁盘已满，发生在步骤“${p.step}”${detailZh(p.detail)}。`,
    CARD_REFUSED: (p) =>
      `机器未能为其分配显卡（${p.cause}），发生在步骤“${p.step}”。请取消试用，或联系出租方${detailZh(p.detail)}。`,
    RESTART_FAILED: (p) => `未能重新启动，节点会继续重试${detailZh(p.detail)}。`,
    START_FAILED: (p) => `未能启动${detailZh(p.detail)}。`,
    STOP_FAILED: (p) => `未能停止${detailZh(p.detail)}。`,
    REBOOT_FAILED: (p) => `未能重启${detailZh(p.detail)}。`,
    RESET_FAILED: (p) => `未能复位${detailZh(p.detail)}。`,
    DISK_ADD_FAILED: (p) => `未能添加磁盘 ${p.disk}${detailZh(p.detail)}。`,
    DISK_RESIZE_FAILED: (p) => `未能扩大磁盘 ${p.disk}${detailZh(p.detail)}。`,
    DISK_DELETE_FAILED: (p) => `未能删除磁盘 ${p.disk}${detailZh(p.detail)}。`,
    DISK_RESIZED_LATER: (p) => `磁盘 ${p.disk} 现为 ${p.gib} GiB，系统在下次启动后可见${detailZh(p.detail)}。`,
    DISK_HELD: (p) => `磁盘 ${p.disk} 未删除：系统仍在使用它。请先卸载该磁盘，或先关闭虚拟机。`,
  } satisfies Words<ReasonParams>,
};

export const notices = {
  en: {
    RENTAL_ENDS: ({ at, within }) =>
      `The rental ends ${within && `in less than ${within}, `}on ${at}. Then the virtual machine is shut down: renew it to go on.`,
    TRIAL_ENDS: ({ at }) =>
      `The rental is not confirmed: on ${at} its rent comes back, and the virtual machine is deleted with its disks. To go on, confirm it before then.`,
    TRIAL_RENTAL_ENDS: ({ at, within }) =>
      `Also when it is confirmed, the rental ends ${within && `in less than ${within}, `}on ${at}, and the virtual machine is shut down. To go on, confirm first, then renew.`,
    DISKS_KEPT: ({ at, within, id, evictable }) =>
      `The rental is over. Its disks are ${within ? `deleted in less than ${within}, on ${at}` : `kept until ${at}`}.${
        evictable === "true" ? " That can be earlier, when a new virtual machine needs the room." : ""
      } Rent this machine again and create with restore_task_id ${id} to go on with them.`,
    CHANGE_PENDING: () => "Changed CPUs and memory count from the next start.",
    VNC_NOT_OPENED: () => "The VNC port is not opened: nothing but what you publish answers on the host.",
  } satisfies Words<NoticeParams, When>,
  zh: {
    RENTAL_ENDS: ({ at, within }) =>
      `租用将${within && `在 ${within}内`}到期（${at}），届时虚拟机自动关机。如需继续使用请续租。`,
    TRIAL_ENDS: ({ at }) =>
      `租用尚未确认：${at} 租金将退回，虚拟机连同磁盘一并删除。如需继续使用，请在此之前确认租用。`,
    TRIAL_RENTAL_ENDS: ({ at, within }) =>
      `即使确认，租用也将${within && `在 ${within}内`}到期（${at}），届时虚拟机自动关机。如需继续使用，请先确认，再续租。`,
    DISKS_KEPT: ({ at, within, id, evictable }) =>
      `租用已结束，磁盘${within ? `将在 ${within}内删除（${at}）` : `保留至 ${at}`}。${
        evictable === "true" ? "若新的虚拟机需要空间，可能提前删除。" : ""
      }要继续使用这些磁盘，请再次租用此机器，并在创建时填写 restore_task_id ${id}。`,
    CHANGE_PENDING: () => "修改后的 CPU 和内存在下次启动时生效。",
    VNC_NOT_OPENED: () => "VNC 端口不会开放：宿主机上只有您发布的端口可以访问。",
  } satisfies Words<NoticeParams, When>,
};

const spans = define({
  en: {
    minutes: (n: number) => (n === 1 ? "1 minute" : `${n} minutes`),
    hours: (n: number) => (n === 1 ? "1 hour" : `${n} hours`),
  },
  zh: { minutes: (n) => `${n} 分钟`, hours: (n) => `${n} 小时` },
});

/** span returns "1 hour" or "10 minutes", or "" for 0. */
function span(seconds: number, locale: Locale): string {
  const m = spans[locale];
  if (!(seconds > 0)) return "";
  const minutes = Math.ceil(seconds / 60);
  return minutes >= 60 && minutes % 60 === 0 ? m.hours(minutes / 60) : m.minutes(minutes);
}

/** missing replaces parameters that a node left out. */
const missing = { get: (p: Record<string, string>, name: string) => p[name] ?? "" };

function say(words: object, { code, params }: Reason, more: Partial<When> & { step?: string }): string {
  const text = Object.hasOwn(words, code) && (words as Record<string, (p: unknown) => string>)[code];
  if (text) return text(new Proxy({ ...params, ...more }, missing));
  const rest = Object.entries(params ?? {}).map(([name, value]) => `${name}=${value}`);
  return [code, ...rest].join(" ");
}

/**
 * reasonWords returns the text of a reason in a language; an unknown code of a
 * later version is shown as it is.
 */
export function reasonWords(reason: Reason, locale: Locale): string {
  const step = reason.params?.step ?? "";
  return say(reasons[locale], reason, { step: wordFor(words[locale].stepName, step) });
}

/**
 * noticeWords returns the text of a notice in a language; an unknown code of a
 * later version is shown as it is.
 */
export function noticeWords(notice: Notice, locale: Locale, time: (at: Date) => string): string {
  const at = new Date(notice.at ?? "");
  return say(notices[locale], notice, {
    at: Number.isNaN(at.getTime()) ? "–" : time(at),
    within: span(notice.within_seconds ?? 0, locale),
    id: notice.task_id ?? "",
  });
}
