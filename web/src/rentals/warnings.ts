import { define } from "../i18n/messages";

/** What a node warns of comes as sentences in English; node/host/warn.go is their source, and testdata/warnings.json holds both to it. */

const messages = define({
  en: {
    span: { "10 minutes": "10 minutes", "1 hour": "1 hour", "24 hours": "24 hours" } as Record<string, string>,
    ends: (within: string, when: string) =>
      `The rental ends in less than ${within}, on ${when}. Then the virtual machine is shut down: renew it to go on.`,
    trial: (when: string) =>
      `The rental is not confirmed: on ${when} its rent comes back, and the virtual machine is deleted with its disks.`,
    trialOnly: "To go on, confirm it before then.",
    trialEnds: (within: string, when: string) =>
      `Confirmed before then, it ends in less than ${within}, on ${when}, and the virtual machine is shut down. To go on, confirm first, then renew.`,
    kept: (when: string) => `The rental is over. Its disks are kept until ${when}.`,
    keptShort: (within: string, when: string) =>
      `The rental is over. Its disks are deleted in less than ${within}, on ${when}.`,
    evictable: "That can be earlier, when a new virtual machine needs the room.",
    restore: (id: string) => `Rent this machine again and create with restore_task_id ${id} to go on with them.`,
    pending: "Changed CPUs and memory count from the next start.",
    vnc: "The VNC port is not opened: nothing but what you publish answers on the host.",
  },
  zh: {
    span: { "10 minutes": "10 分钟", "1 hour": "1 小时", "24 hours": "24 小时" },
    ends: (within, when) => `租用将在 ${within}内到期（${when}），届时虚拟机自动关机。如需继续使用请续租。`,
    trial: (when) => `租用尚未确认：${when} 租金将退回，虚拟机连同磁盘一并删除。`,
    trialOnly: "如需继续使用，请在此之前确认租用。",
    trialEnds: (within, when) =>
      `若在此之前确认，租用将在 ${within}内到期（${when}），届时虚拟机自动关机。如需继续使用，请先确认，再续租。`,
    kept: (when) => `租用已结束，磁盘保留至 ${when}。`,
    keptShort: (within, when) => `租用已结束，磁盘将在 ${within}内删除（${when}）。`,
    evictable: "若新的虚拟机需要空间，可能提前删除。",
    restore: (id) => `要继续使用这些磁盘，请再次租用此机器，并在创建时填写 restore_task_id ${id}。`,
    pending: "修改后的 CPU 和内存在下次启动时生效。",
    vnc: "VNC 端口不会开放：宿主机上只有您发布的端口可以访问。",
  },
});

const ends = /^the rental ends in less than (.+), at (\S+); then the VM is shut down: renew it to go on$/;
const trial =
  /^the rental is not confirmed: at (\S+) the rent goes back and the VM is deleted with its disks; (?:confirm it before to go on|confirmed before, it ends in less than (.+), at (\S+), and the VM is shut down then: confirm it first, then renew it to go on)$/;
const over =
  /^the rental is over; its disks are (?:kept until (\S+?)|deleted in less than (.+?), at (\S+?))(, or earlier when a new VM needs the room)?: rent this machine again and create with restore_task_id (\S+) to go on with them$/;

/** readWarning gives a node's warning in a language; a sentence that this app does not know stays as it is. */
export function readWarning(text: string, locale: "en" | "zh", time: (at: Date) => string): string {
  const m = messages[locale];
  const at = (stamp = "") => time(new Date(stamp));
  const ending = ends.exec(text);
  if (ending) return m.ends(m.span[ending[1] ?? ""] ?? ending[1] ?? "", at(ending[2]));
  const trying = trial.exec(text);
  if (trying) {
    const [, until, within = "", end] = trying;
    const then = end ? m.trialEnds(m.span[within] ?? within, at(end)) : m.trialOnly;
    return [m.trial(at(until)), then].join(locale === "zh" ? "" : " ");
  }
  const kept = over.exec(text);
  if (kept) {
    const [, until, within = "", soon, evictable, id = ""] = kept;
    const first = until ? m.kept(at(until)) : m.keptShort(m.span[within] ?? within, at(soon));
    return [first, evictable && m.evictable, m.restore(id)].filter(Boolean).join(locale === "zh" ? "" : " ");
  }
  if (text === "changed CPUs and memory count from the VM's next start") return m.pending;
  if (text.startsWith("vnc_port is not opened:")) return m.vnc;
  return text;
}
