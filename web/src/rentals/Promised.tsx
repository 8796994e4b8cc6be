import { useQuery } from "@tanstack/react-query";
import { useChainQuery } from "../chain/hooks";
import type { Facts as ListedFacts } from "../gen/dbc/machine/v1/machine_pb";
import { Query } from "../gen/dbc/machine/v1/query_pb";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { callMachine } from "../session/machine";
import type { Session } from "../session/store";
import { Asked } from "../ui/Asked";
import { Command } from "../ui/Copy";
import { Card, Facts, Stack } from "../ui/Layout";
import { readTask } from "../vm/answers";
import { orderedOf, pciIds, promiseOf, readSigned, verifyCommand } from "../vm/promise";
import { idleMs, type TaskSummary } from "../vm/tasks";
import { asker, useMachineRef } from "../vm/useSession";
import { ofRental, useTasks } from "../vm/useTasks";
import { words } from "./words";

const messages = define({
  en: {
    title: "Is it what was promised?",
    share: "The listing promises this rental",
    model: "Processor",
    disk: "Disk",
    disks: "Disks",
    vram: (name: string, size: string) => `${name}, ${size} VRAM each`,
    noGpu: "none",
    madeUp: "GPUs of a test network are made up: no virtual machine has any.",
    pci: "PCI ids",
    otherInventory: "The machine serves no inventory that is the listed one; the command below says more.",
    vm: (id: string) => `Virtual machine ${id}`,
    command: "the command that compares",
    how: "It logs in by SSH with the pinned host key and compares processors, memory, disks and cards with the listing; with a driver in the guest, also names, memory and links of the cards. A browser cannot log in by SSH: run it where dbc and your wallet are. It expects all GPUs of this rental: for a virtual machine that you made with fewer, add --gpus and their number.",
    later: "Once a virtual machine runs, the command that compares it stands here.",
  },
  zh: {
    title: "是否与承诺一致？",
    share: "挂牌承诺给此租用的配置",
    model: "处理器",
    disk: "磁盘",
    disks: "磁盘",
    vram: (name, size) => `${name}，每个显存 ${size}`,
    noGpu: "无",
    madeUp: "测试网络的 GPU 是虚构的，虚拟机不会获得任何 GPU。",
    pci: "PCI ID",
    otherInventory: "机器提供的硬件清单与挂牌的不一致或无法获取；下面的命令会说明详情。",
    vm: (id) => `虚拟机 ${id}`,
    command: "比较命令",
    how: "它通过 SSH 登录，核对虚拟机的 SSH 主机密钥，并将处理器、内存、磁盘和显卡与挂牌信息比较；若虚拟机中有驱动，还会比较显卡的名称、显存和链路。浏览器无法通过 SSH 登录：请在装有 dbc 和您的钱包的计算机上运行。它默认虚拟机拥有此租用的全部 GPU；若您创建时选择了较少的 GPU，请加上 --gpus 和数量。",
    later: "虚拟机运行后，此处会显示比较它的命令。",
  },
});

/**
 * Promised shows what the listing promises to a rental, and how to compare each
 * of its virtual machines with that.
 */
export function Promised({ rental, session }: { rental: Rental; session: Session | null | undefined }) {
  const m = useMessages(messages);
  const found = useChainQuery(Query.method.machine, { machineId: rental.machineId });
  const machines = ofRental(useTasks(rental, session).data, rental) ?? [];
  const facts = found.data?.listing?.machine?.facts;
  return (
    <Card title={m.title}>
      <Stack>
        <Asked query={found} label={m.title} />
        {facts && <Listed rental={rental} facts={facts} />}
        {machines.length === 0 && <p className="muted small">{m.later}</p>}
        {session &&
          machines.map((summary) => (
            <Compare key={summary.task_id} rental={rental} session={session} summary={summary} />
          ))}
        {machines.length > 0 && <p className="muted small">{m.how}</p>}
      </Stack>
    </Card>
  );
}

/** Listed is the rental's part of the listing. */
function Listed({ rental, facts }: { rental: Rental; facts: ListedFacts }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const at = useMachineRef(rental);
  const promised = promiseOf(facts, rental.slots);
  const inventory = useQuery({
    queryKey: ["inventory", rental.machineId],
    queryFn: async ({ signal }) =>
      (await callMachine(at, "/api/v1/inventory", {}, readSigned, undefined, signal)).message,
    enabled: at.chainId !== "" && facts.inventoryHash.length > 0,
    staleTime: 60_000,
    retry: 1,
  });
  const ids = inventory.data && pciIds(inventory.data, facts, rental.slots, rental.machineId);
  const gpus = promised.gpus.map(({ name, count, vramMib }) => `${count} × ${m.vram(name, format.gib(vramMib))}`);
  return (
    <Stack gap={8}>
      <h3>{m.share}</h3>
      <Facts
        rows={[
          [m.model, facts.cpuModel || "–"],
          [w.cpus, format.number(promised.cpus)],
          [w.memory, format.gib(promised.memoryMib)],
          [m.disk, format.gib(promised.diskGib * 1024)],
          [w.gpus, gpus.join(", ") || m.noGpu],
          ids && ids.length > 0 && [m.pci, <code key="ids">{ids.join(", ")}</code>],
        ]}
      />
      {promised.madeUp && <p className="muted small">{m.madeUp}</p>}
      {(inventory.isError || (inventory.data && !ids)) && <p className="muted small">{m.otherInventory}</p>}
    </Stack>
  );
}

/** Compare is one virtual machine's part, with the command that compares it. */
function Compare({ rental, session, summary }: { rental: Rental; session: Session; summary: TaskSummary }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const id = summary.task_id;
  const ask = asker(useMachineRef(rental), session);
  // The machine's card asks for the same, more often.
  const detail = useQuery({
    queryKey: ["task", id],
    queryFn: ({ signal }) => ask(`/api/v1/tasks/${id}`, readTask(id), {}, signal),
    refetchInterval: idleMs,
  });
  const ordered = detail.data && orderedOf(detail.data);
  const command = summary.status === "running" ? verifyCommand(id) : undefined;
  return (
    <Stack gap={8}>
      <h3>{m.vm(summary.desc || id.slice(0, 8))}</h3>
      {ordered && (
        <Facts
          rows={[
            [w.cpus, format.number(ordered.cpus)],
            [w.memory, format.gib(ordered.memoryMib)],
            ordered.disks.length > 0 && [
              m.disks,
              ordered.disks.map(({ name, gib }) => `${name} ${format.gib(gib * 1024)}`).join(", "),
            ],
          ]}
        />
      )}
      {command ? <Command text={command} what={m.command} /> : <p className="muted small">{m.later}</p>}
    </Stack>
  );
}
