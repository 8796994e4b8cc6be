import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { findMachine, type Machine } from "../machine/api";
import { useDetails } from "../machine/details";
import { type Image, imageName, preferred } from "../machine/images";
import { typed } from "../money/typed";
import { ignored } from "../node/read";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { SelectField, TextArea, TextField } from "../ui/Field";
import { Form, useWork } from "../ui/Form";
import { Row, Stack } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { keyProblem, readKeys } from "../vm/sshKeys";
import type { Strict } from "../vm/strict";
import { taskIds } from "../vm/taskId";
import { cpuChoices, part, readGib, readNetworks, readPort } from "../vm/tasks";
import type { Ask } from "../vm/useSession";
import css from "./CreateVm.module.css";
import { AskButton } from "./Kept";
import { useKeptAt, useMayKeep } from "./keptAt";
import { useRestore } from "./restore";
import { words } from "./words";

const messages = define({
  en: {
    memoryOf: (percent: number, size: string) => `${percent} % of your share (${size})`,
    disk: "Extra disk, GiB",
    diskHint: "Empty for none.",
    sshPortHint: (first: number, last: number) => `${first} to ${last}; the machine picks one if this is empty.`,
    sshFromHint: "Networks or addresses, such as 203.0.113.0/24. Empty: from everywhere.",
    sshKeys: "Your SSH public keys",
    sshKeysHint: "One a line, as in ~/.ssh/id_ed25519.pub. Without one a password is made.",
    sshKeysBad: {
      broken: "This is no public key. Paste the whole line of a .pub file: type, key, comment.",
      options: "Leave out what stands before the type: a VM's keys have no options.",
      dsa: "No current system takes DSA keys. Make another one: ssh-keygen -t ed25519",
      private: "This is a private key. Never give it away; paste the file that ends in .pub.",
      ssh2: "Convert this file: ssh-keygen -i -f FILE. Or copy the line that PuTTYgen shows for authorized_keys.",
      certificate: "This is a certificate. Paste the key's own .pub file, not the one that ends in -cert.pub.",
    },
    portsHint:
      "Like tcp,8080:8080 – protocol, port outside (auto: the machine picks it), port inside; then networks that alone may connect, if you like: tcp,8080:8080,203.0.113.0/24. One a line.",
    desc: "Note",
    create: "Create",
    close: "Close",
    label: "Disks",
    fresh: "New ones, from an image",
    of: (rental: string, until: string) => `Kept ones of rental ${rental}, until ${until}`,
    those: (id: string) => `Kept ones of ${id}`,
    mayKeep: "This machine may keep disks of an earlier rental of yours.",
    nothing: "This machine keeps no disks for you.",
    title: "Go on with kept disks",
    row: "Disks of",
    gone: "The kept disks are not there",
    goneWhy: (id: string) => `The machine keeps no disks of ${id} for this account, or this browser may not use them.`,
  },
  zh: {
    memoryOf: (percent, size) => `份额的 ${percent} %（${size}）`,
    disk: "数据盘，GiB",
    diskHint: "不需要则留空。",
    sshPortHint: (first, last) => `${first} 至 ${last}；留空则由机器选择。`,
    sshFromHint: "网段或地址，如 203.0.113.0/24。留空则不限制。",
    sshKeys: "您的 SSH 公钥",
    sshKeysHint: "每行一个，如 ~/.ssh/id_ed25519.pub。不填则生成密码。",
    sshKeysBad: {
      broken: "这不是公钥。请粘贴 .pub 文件的整行内容：类型、密钥、备注。",
      options: "请去掉类型前面的选项：虚拟机的密钥不支持选项。",
      dsa: "当前系统都不再接受 DSA 密钥。请重新生成：ssh-keygen -t ed25519",
      private: "这是私钥，切勿交给他人。请粘贴以 .pub 结尾的文件。",
      ssh2: "请先转换此文件：ssh-keygen -i -f 文件名；或复制 PuTTYgen 中供 authorized_keys 使用的那一行。",
      certificate: "这是证书。请粘贴密钥本身的 .pub 文件，而不是以 -cert.pub 结尾的文件。",
    },
    portsHint:
      "如 tcp,8080:8080 —— 协议、外部端口（auto 由机器选择）、内部端口；还可接着写允许访问的网段：tcp,8080:8080,203.0.113.0/24。每行一个。",
    desc: "备注",
    create: "创建",
    close: "关闭",
    label: "磁盘",
    fresh: "用镜像新建",
    of: (rental, until) => `租用 ${rental} 保留的磁盘（至 ${until}）`,
    those: (id) => `${id} 保留的磁盘`,
    mayKeep: "此机器可能仍保留您以前租用的磁盘。",
    nothing: "此机器没有为您保留磁盘。",
    title: "继续使用保留的磁盘",
    row: "磁盘所属",
    gone: "找不到保留的磁盘",
    goneWhy: (id) => `机器没有为此账户保留 ${id} 的磁盘，或本浏览器无权使用它们。`,
  },
});

const keysKept = "dbc.sshKeys";
const percents = [100, 90, 75, 50, 25, 10];

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

interface Given {
  rental: Rental;
  ask: Ask;
  /** strict is absent if the viewer is not the renter, whom alone the machine tells what it keeps. */
  strict: Strict | undefined;
  onClose: () => void;
  onDone: () => Promise<void>;
}

/**
 * CreateVm is the form for a new virtual machine, with the machine's limits and
 * images.
 */
export function CreateVm(props: Given) {
  const w = useMessages(words);
  const { machineId } = props.rental;
  const machine = useQuery({
    queryKey: ["machine", machineId],
    queryFn: async ({ signal }) => (await findMachine(machineId, signal)) ?? null,
  });
  const details = useDetails(machineId);
  if (machine.isError) return <ErrorNote error={machine.error} onRetry={() => void machine.refetch()} />;
  if (details.isError) return <ErrorNote error={details.error} onRetry={() => void details.refetch()} />;
  if (!machine.data || !details.data) return <Loading label={w.createVm} />;
  return <Fields {...props} machine={machine.data} images={details.data.message.images} />;
}

function Fields({
  rental,
  ask,
  strict,
  onClose,
  onDone,
  machine,
  images,
}: Given & {
  machine: Machine;
  images: Image[];
}) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const [wanted, clearWanted] = useRestore();
  const format = useFormat();
  const { kept, took, ...asking } = useKeptAt(rental.machineId, rental.renter);
  const mayKeep = useMayKeep(rental.renter, strict !== undefined).some(
    ({ machineId }) => machineId === rental.machineId,
  );
  // Before the machine was asked, what the address names is the only choice.
  const listed = kept?.map(({ task_id, rent_order, kept_until = "" }) => ({
    value: task_id,
    label: m.of(rent_order, format.time(new Date(kept_until))),
  }));
  const named = wanted ? [{ value: wanted, label: m.those(wanted) }] : [];
  const disks = strict ? (listed ?? named) : [];
  const [chosen, setChosen] = useState(wanted);
  const restore = disks.some(({ value }) => value === chosen) ? chosen : "";
  const gone = wanted !== "" && !disks.some(({ value }) => value === wanted);
  const slots = rental.slots.length;
  const all = machine.slots.length;
  const gpus = rental.slots.reduce((sum, n) => sum + (machine.slots[n]?.gpu_count ?? 0), 0);
  const cpus = cpuChoices(part(machine.cpu_cores, slots, all));
  const memory = part(machine.memory_mib, slots, all);
  const [image, setImage] = useState(() => preferred(images));
  const [gpu, setGpu] = useState(String(gpus));
  const [cpu, setCpu] = useState(String(cpus.at(-1)));
  const [percent, setPercent] = useState("90");
  const [disk, setDisk] = useState("");
  const [port, setPort] = useState("");
  const [from, setFrom] = useState("");
  const [keys, setKeys] = useState(() => localStorage.getItem(keysKept) ?? "");
  const [ports, setPorts] = useState("");
  const [desc, setDesc] = useState("");
  const [idOf, setIdOf] = useState(taskIds);
  const { busy, error, run } = useWork();
  const keyList = readKeys(keys);
  const keysBad = keyList.map(keyProblem).find((problem) => problem !== undefined);
  const gib = readGib(disk);
  const diskBad = disk.trim() !== "" && gib === undefined;
  const sshPort = readPort(port);
  const portBad = port.trim() !== "" && sshPort === undefined;
  const ok = (image !== "" || restore !== "") && !portBad && !keysBad && !diskBad;

  // Kept disks can be taken over only with the wallet's own signature.
  const start = (order: object) =>
    restore && strict
      ? strict("/api/v1/tasks/start", order, {
          title: m.title,
          rows: [[m.row, restore]],
          confirmLabel: m.create,
        })
      : ask("/api/v1/tasks/start", ignored, order);
  const create = () =>
    run(async () => {
      localStorage.setItem(keysKept, keys);
      const order = {
        rent_order: rental.id.toString(),
        ...(restore ? { restore_task_id: restore } : { image_name: image }),
        ...(sshPort && { ssh_port: sshPort }),
        ...(readNetworks(from).length > 0 && { ssh_sources: readNetworks(from) }),
        gpu_count: gpu,
        cpu_cores: cpu,
        mem_rate: (Number(percent) / 100).toString(),
        ...(gib && !restore && { disk_size: gib }),
        ...(lines(ports).length > 0 && { custom_port: lines(typed(ports)) }),
        ...(keyList.length > 0 && { ssh_public_keys: keyList }),
        ...(desc && { desc }),
      };
      await start({ ...order, task_id: idOf(order) });
      if (restore) took(restore);
      if (wanted) clearWanted();
      setIdOf(taskIds); // the next one is another, though it be alike
      await onDone();
    });
  return (
    <Form ready={ok && !busy} onSubmit={create}>
      <Stack>
        {gone && (
          <Banner tone="warn" title={m.gone}>
            {m.goneWhy(wanted)}
          </Banner>
        )}
        {strict && mayKeep && kept === undefined && (
          <Row>
            <span className="small muted">{m.mayKeep}</span>
            <AskButton {...asking} />
          </Row>
        )}
        {kept?.length === 0 && !gone && mayKeep && <p className="small muted">{m.nothing}</p>}
        {asking.error && <ErrorNote error={asking.error} />}
        <div className={css.grid}>
          {disks.length > 0 && (
            <SelectField
              label={m.label}
              value={restore}
              onChange={setChosen}
              choices={[{ value: "", label: m.fresh }, ...disks]}
            />
          )}
          {!restore && (
            <SelectField
              label={w.image}
              value={image}
              onChange={setImage}
              choices={images.map((one) => ({ value: one.image_name, label: imageName(one, images) }))}
            />
          )}
          {gpus > 0 && (
            <SelectField
              label={w.gpus}
              value={gpu}
              onChange={setGpu}
              choices={Array.from({ length: gpus + 1 }, (_, n) => ({
                value: String(gpus - n),
                label: String(gpus - n),
              }))}
            />
          )}
          <SelectField
            label={w.cpus}
            value={cpu}
            onChange={setCpu}
            choices={cpus.map((n) => ({ value: String(n), label: String(n) }))}
          />
          <SelectField
            label={w.memory}
            value={percent}
            onChange={setPercent}
            choices={percents.map((p) => ({
              value: String(p),
              label: m.memoryOf(p, format.gib(Math.floor((memory * p) / 100))),
            }))}
          />
          {!restore && (
            <TextField
              label={m.disk}
              hint={m.diskHint}
              value={disk}
              onChange={setDisk}
              inputMode="numeric"
              error={diskBad && w.number}
              autoComplete="off"
            />
          )}
          <TextField
            label={w.sshPort}
            hint={m.sshPortHint(machine.port_first, machine.port_last)}
            value={port}
            onChange={setPort}
            error={portBad && w.number}
            inputMode="numeric"
            autoComplete="off"
          />
          <TextField label={w.sshFrom} hint={m.sshFromHint} value={from} onChange={setFrom} autoComplete="off" />
        </div>
        <TextArea
          label={m.sshKeys}
          hint={m.sshKeysHint}
          value={keys}
          onChange={setKeys}
          rows={3}
          spellCheck={false}
          autoComplete="off"
          error={keysBad && m.sshKeysBad[keysBad]}
        />
        <div className={css.grid}>
          <TextArea
            label={w.ports}
            hint={m.portsHint}
            value={ports}
            onChange={setPorts}
            rows={2}
            spellCheck={false}
            autoComplete="off"
          />
          <TextField label={m.desc} value={desc} onChange={setDesc} maxLength={200} autoComplete="off" />
        </div>
        {error !== undefined && <ErrorNote error={error} />}
        <Row>
          <Button type="submit" variant="primary" disabled={!ok} busy={busy !== ""}>
            {m.create}
          </Button>
          <Button onClick={onClose} disabled={busy !== ""}>
            {m.close}
          </Button>
        </Row>
      </Stack>
    </Form>
  );
}
