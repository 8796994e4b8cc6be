import { useQuery } from "@tanstack/react-query";
import { HardDrive, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useMessages } from "../i18n/messages";
import { Asked } from "../ui/Asked";
import { Badge } from "../ui/Badge";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { TextField } from "../ui/Field";
import { Row, Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import css from "./Disks.module.css";
import { messages } from "./messages";
import type { Strict } from "./strict";
import { type Disk, type DiskList, gibOf, isGib } from "./tasks";
import type { Ask } from "./useSession";

/** Disks lists a virtual machine's disks, and adds, enlarges and deletes data disks. */
export function Disks({ ask, strict, id }: { ask: Ask; strict: Strict | undefined; id: string }) {
  const m = useMessages(messages);
  const [size, setSize] = useState("");
  const [busy, setBusy] = useState("");
  const [error, setError] = useState<unknown>();
  const list = useQuery({
    queryKey: ["disks", id],
    queryFn: ({ signal }) => ask<DiskList>(`/api/v1/disk/list/${id}`, {}, signal),
    refetchInterval: 2_000,
  });
  const run = async (name: string, work: () => Promise<unknown>, done = "") => {
    setBusy(name);
    setError(undefined);
    try {
      await work();
      if (done) toast(done);
      await list.refetch();
      return true;
    } catch (problem) {
      setError(problem);
      return false;
    } finally {
      setBusy("");
    }
  };
  const add = async () => {
    if (await run("add", () => ask(`/api/v1/disk/add/${id}`, { size }))) setSize("");
  };
  const remove = (disk: string) => {
    const about = {
      title: m.disks.deleteTitle(disk),
      rows: [[m.deleteRow, id]] as const,
      warning: m.disks.deleteWarning,
      confirmLabel: m.delete,
    };
    return run(`delete ${disk}`, async () => strict?.(`/api/v1/disk/delete/${id}`, { disk }, about));
  };
  return (
    <section aria-label={m.disks.title}>
      <Stack gap={12}>
        <h3>{m.disks.title}</h3>
        <p className="small muted">{m.disks.why}</p>
        <Asked query={list} label={m.disks.title} />
        {list.data?.reason && (
          <Banner tone="bad" title={m.reason}>
            {list.data.reason}
          </Banner>
        )}
        <ul className={css.disks}>
          {list.data?.disks.map((disk) => (
            <Entry
              key={disk.disk}
              disk={disk}
              busy={busy}
              resize={(gib) =>
                run(`resize ${disk.disk}`, () => ask(`/api/v1/disk/resize/${id}`, { disk: disk.disk, size: gib }))
              }
              remove={strict && (() => remove(disk.disk))}
            />
          ))}
        </ul>
        <form
          className={css.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (isGib(size) && busy === "") void add();
          }}
        >
          <TextField
            label={m.disks.size}
            value={size}
            onChange={setSize}
            inputMode="numeric"
            autoComplete="off"
            suffix="GiB"
            error={size !== "" && !isGib(size) && m.number}
          />
          <Button
            type="submit"
            icon={<Plus aria-hidden="true" />}
            busy={busy === "add"}
            disabled={busy !== "" || !isGib(size)}
          >
            {m.disks.add}
          </Button>
        </form>
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
  const ok = isGib(larger) && Number(larger) > gibOf(size);
  return (
    <li aria-label={disk}>
      <Row spread>
        <span className={css.name}>
          <HardDrive aria-hidden="true" />
          <code>{disk}</code>
          <span className="num">{gibOf(size)} GiB</span>
          {system && <Badge>{m.disks.system}</Badge>}
          {!idle && <Badge tone="accent">{m.disks.states[status] ?? status}</Badge>}
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
            {m.disks.delete(disk)}
          </Button>
        )}
      </Row>
      {!system && (
        <form
          className={css.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (ok && busy === "" && idle) void resize(larger).then((done) => done && setLarger(""));
          }}
        >
          <TextField
            label={m.disks.larger(disk)}
            value={larger}
            onChange={setLarger}
            inputMode="numeric"
            autoComplete="off"
            suffix="GiB"
            error={larger !== "" && !ok && m.disks.largerBad(size.replace(/G$/, ""))}
          />
          <Button type="submit" busy={busy === `resize ${disk}`} disabled={!ok || !idle || busy !== ""}>
            {m.disks.resize(disk)}
          </Button>
        </form>
      )}
    </li>
  );
}
