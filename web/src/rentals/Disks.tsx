import { useQuery } from "@tanstack/react-query";
import { HardDrive, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useLocale } from "../i18n/locale";
import { define, useMessages, wordFor } from "../i18n/messages";
import { ignored } from "../node/read";
import { Asked } from "../ui/Asked";
import { Badge } from "../ui/Badge";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { TextField } from "../ui/Field";
import { Form, useWork } from "../ui/Form";
import { Row, Stack } from "../ui/Layout";
import { readDisks } from "../vm/answers";
import { reasonWords } from "../vm/notices";
import type { Strict } from "../vm/strict";
import { type Disk, gibOf, idleMs, readGib } from "../vm/tasks";
import type { Ask } from "../vm/useSession";
import css from "./Disks.module.css";
import { words } from "./words";

const messages = define({
  en: {
    reason: "Why",
    title: "Disks",
    why: "A new data disk is empty. The guest finds it at once, as /dev/disk/by-id/virtio- with its name; make a file system on it and mount it there. After enlarging, grow that file system.",
    size: "Size of a new data disk",
    add: "Add a data disk",
    larger: (disk: string) => `New size of ${disk}`,
    largerBad: (gib: string) => `A whole number above ${gib}: a disk never gets smaller.`,
    resize: (disk: string) => `Enlarge ${disk}`,
    delete: (disk: string) => `Delete ${disk}`,
    deleteTitle: (disk: string) => `Delete the data disk ${disk}`,
    deleteWarning: "Everything on it is lost. Unmount it in the guest first.",
    system: "system",
    states: {
      "disk adding": "being added",
      "disk resizing": "being enlarged",
      "disk deleting": "being deleted",
    } as Record<string, string>,
  },
  zh: {
    reason: "原因",
    title: "磁盘",
    why: "新数据盘是空的，虚拟机立即可见，路径为 /dev/disk/by-id/virtio- 加盘名；请在虚拟机内建立文件系统并挂载。扩容后请在虚拟机内扩展文件系统。",
    size: "新数据盘大小",
    add: "添加数据盘",
    larger: (disk) => `${disk} 的新大小`,
    largerBad: (gib) => `请输入大于 ${gib} 的整数：磁盘不能缩小。`,
    resize: (disk) => `扩大 ${disk}`,
    delete: (disk) => `删除 ${disk}`,
    deleteTitle: (disk) => `删除数据盘 ${disk}`,
    deleteWarning: "盘上的全部内容将丢失。请先在虚拟机内卸载它。",
    system: "系统盘",
    states: { "disk adding": "添加中", "disk resizing": "扩容中", "disk deleting": "删除中" },
  },
});

/** Disks lists a virtual machine's disks, and adds, enlarges and deletes data disks. */
export function Disks({ ask, strict, id }: { ask: Ask; strict: Strict | undefined; id: string }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const locale = useLocale();
  const [size, setSize] = useState("");
  const { busy, error, run } = useWork();
  const list = useQuery({
    queryKey: ["disks", id],
    queryFn: ({ signal }) => ask(`/api/v1/disk/list/${id}`, readDisks(id), {}, signal),
    refetchInterval: ({ state }) => (state.data?.disks.every(({ status }) => status === "ok") ? idleMs : 2_000),
  });
  const change = (name: string, work: () => Promise<unknown>) =>
    run(async () => {
      await work();
      await list.refetch();
    }, name);
  const add = async () => {
    if (await change("add", () => ask(`/api/v1/disk/add/${id}`, ignored, { size: readGib(size) }))) setSize("");
  };
  const remove = (disk: string) => {
    const about = {
      title: m.deleteTitle(disk),
      rows: [[w.deleteRow, id]] as const,
      warning: m.deleteWarning,
      confirmLabel: w.delete,
    };
    return change(`delete ${disk}`, async () => strict?.(`/api/v1/disk/delete/${id}`, { disk }, about));
  };
  return (
    <section aria-label={m.title}>
      <Stack gap={12}>
        <h3>{m.title}</h3>
        <p className="small muted">{m.why}</p>
        <Asked query={list} label={m.title} />
        {list.data?.reason && (
          <Banner tone="bad" title={m.reason}>
            {reasonWords(list.data.reason, locale)}
          </Banner>
        )}
        <ul className={css.disks}>
          {list.data?.disks.map((disk) => (
            <Entry
              key={disk.disk}
              disk={disk}
              busy={busy}
              resize={(gib) =>
                change(`resize ${disk.disk}`, () =>
                  ask(`/api/v1/disk/resize/${id}`, ignored, { disk: disk.disk, size: gib }),
                )
              }
              remove={strict && (() => remove(disk.disk))}
            />
          ))}
        </ul>
        <Form className={css.form} ready={readGib(size) !== undefined && busy === ""} onSubmit={add}>
          <TextField
            label={m.size}
            value={size}
            onChange={setSize}
            inputMode="numeric"
            autoComplete="off"
            suffix="GiB"
            error={size !== "" && !readGib(size) && w.number}
          />
          <Button
            type="submit"
            icon={<Plus aria-hidden="true" />}
            busy={busy === "add"}
            disabled={busy !== "" || !readGib(size)}
          >
            {m.add}
          </Button>
        </Form>
        {error !== undefined && <ErrorNote error={error} />}
      </Stack>
    </section>
  );
}

function Entry({
  disk: { disk, size, status },
  busy,
  resize,
  remove,
}: {
  disk: Disk;
  busy: string;
  resize: (gib: string) => Promise<boolean>;
  remove: (() => Promise<boolean>) | undefined;
}) {
  const m = useMessages(messages);
  const [larger, setLarger] = useState("");
  const system = disk === "vda";
  const idle = status === "ok";
  const gib = readGib(larger);
  const ok = gib !== undefined && Number(gib) > gibOf(size);
  return (
    <li aria-label={disk}>
      <Row spread>
        <span className={css.name}>
          <HardDrive aria-hidden="true" />
          <code>{disk}</code>
          <span className="num">{gibOf(size)} GiB</span>
          {system && <Badge>{m.system}</Badge>}
          {!idle && <Badge tone="accent">{wordFor(m.states, status)}</Badge>}
        </span>
        {remove && !system && (
          <Button
            size="small"
            variant="danger"
            icon={<Trash2 aria-hidden="true" />}
            busy={busy === `delete ${disk}`}
            disabled={busy !== "" || !idle}
            onClick={() => void remove()}
          >
            {m.delete(disk)}
          </Button>
        )}
      </Row>
      {!system && (
        <Form
          className={css.form}
          ready={ok && busy === "" && idle}
          onSubmit={async () => ok && (await resize(gib)) && setLarger("")}
        >
          <TextField
            label={m.larger(disk)}
            value={larger}
            onChange={setLarger}
            inputMode="numeric"
            autoComplete="off"
            suffix="GiB"
            error={larger !== "" && !ok && m.largerBad(size.replace(/G$/, ""))}
          />
          <Button type="submit" busy={busy === `resize ${disk}`} disabled={!ok || !idle || busy !== ""}>
            {m.resize(disk)}
          </Button>
        </Form>
      )}
    </li>
  );
}
