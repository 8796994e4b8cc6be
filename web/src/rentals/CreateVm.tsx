import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { findMachine, type Machine } from "../machines/api";
import { useDetails } from "../machines/MachinePage";
import { typed } from "../money/typed";
import { ApiError } from "../node/api";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { SelectField, TextArea, TextField } from "../ui/Field";
import { Row, Stack } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import css from "./CreateVm.module.css";
import { messages } from "./messages";
import { keyProblem, readKeys } from "./sshKeys";
import type { Strict } from "./strict";
import { cpuChoices, part, readGib, readPort, type TaskSummary } from "./tasks";
import type { Ask } from "./useSession";

const keysKept = "dbc.sshKeys";
const percents = [100, 90, 75, 50, 25, 10];
/** attempts to find a port that nobody has. */
const attempts = 5;

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

/** pick gives a random port of a range. */
function pick(first: number, last: number): number {
  const [n = 0] = crypto.getRandomValues(new Uint32Array(1));
  return first + (n % (last - first + 1));
}

interface Given {
  rental: Rental;
  ask: Ask;
  /** strict is absent where who looks at it may not have kept disks back. */
  strict: Strict | undefined;
  /** kept are disks of earlier rentals of this machine. */
  kept: readonly TaskSummary[];
  onClose: () => void;
  onDone: () => Promise<void>;
}

const keptMessages = define({
  en: {
    label: "Disks",
    fresh: "New ones, from an image",
    of: (rental: string, until: string) => `Kept ones of rental ${rental}, until ${until}`,
    title: "Go on with kept disks",
    row: "Disks of",
  },
  zh: {
    label: "磁盘",
    fresh: "用镜像新建",
    of: (rental, until) => `租用 ${rental} 保留的磁盘（至 ${until}）`,
    title: "继续使用保留的磁盘",
    row: "磁盘所属",
  },
});

/** CreateVm is the form with that machine's limits and images. */
export function CreateVm(props: Given) {
  const m = useMessages(messages);
  const { machineId } = props.rental;
  const machine = useQuery({
    queryKey: ["machine", machineId],
    queryFn: async ({ signal }) => (await findMachine(machineId, signal)) ?? null,
  });
  const details = useDetails(machineId);
  if (machine.isError) return <ErrorNote error={machine.error} onRetry={() => void machine.refetch()} />;
  if (details.isError) return <ErrorNote error={details.error} onRetry={() => void details.refetch()} />;
  if (!machine.data || !details.data) return <Loading label={m.createVm} />;
  return (
    <Form {...props} machine={machine.data} images={details.data.message.images.map((image) => image.image_name)} />
  );
}

function Form({
  rental,
  ask,
  strict,
  kept,
  onClose,
  onDone,
  machine,
  images,
}: Given & {
  machine: Machine;
  images: string[];
}) {
  const m = useMessages(messages);
  const words = useMessages(keptMessages);
  const [restore, setRestore] = useState("");
  const format = useFormat();
  const slots = rental.slots.length;
  const all = machine.slots.length;
  const gpus = rental.slots.reduce((sum, n) => sum + (machine.slots[n]?.gpu_count ?? 0), 0);
  const cpus = cpuChoices(part(machine.cpu_cores, slots, all));
  const memory = part(machine.memory_mib, slots, all);
  const [image, setImage] = useState(images[0] ?? "");
  const [gpu, setGpu] = useState(String(gpus));
  const [cpu, setCpu] = useState(String(cpus.at(-1)));
  const [percent, setPercent] = useState("90");
  const [disk, setDisk] = useState("");
  const [port, setPort] = useState(() => String(pick(machine.port_first, machine.port_last)));
  const [ownPort, setOwnPort] = useState(false);
  const [keys, setKeys] = useState(() => localStorage.getItem(keysKept) ?? "");
  const [ports, setPorts] = useState("");
  const [desc, setDesc] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const keyList = readKeys(keys);
  const keysBad = keyList.map(keyProblem).find((problem) => problem !== undefined);
  const gib = readGib(disk);
  const diskBad = disk.trim() !== "" && gib === undefined;
  const sshPort = readPort(port);
  const ok = (image !== "" || restore !== "") && sshPort !== undefined && !keysBad && !diskBad;

  // Kept disks are given to the wallet's own signature only.
  const start = (order: object) =>
    restore && strict
      ? strict("/api/v1/tasks/start", order, {
          title: words.title,
          rows: [[words.row, restore]],
          confirmLabel: m.create,
        })
      : ask("/api/v1/tasks/start", order);
  const create = async () => {
    setBusy(true);
    setError(undefined);
    localStorage.setItem(keysKept, keys);
    let at = sshPort;
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          await start({
            rent_order: rental.id.toString(),
            ...(restore ? { restore_task_id: restore } : { image_name: image }),
            ssh_port: at,
            gpu_count: gpu,
            cpu_cores: cpu,
            mem_rate: (Number(percent) / 100).toString(),
            ...(gib && !restore && { disk_size: gib }),
            ...(lines(ports).length > 0 && { custom_port: lines(typed(ports)) }),
            ...(keyList.length > 0 && { ssh_public_keys: keyList }),
            ...(desc && { desc }),
          });
          break;
        } catch (problem) {
          // A port that was picked for the renter may be taken; one that he chose is his to change.
          if (ownPort || attempt === attempts || !(problem instanceof ApiError) || problem.code !== "PORT_TAKEN")
            throw problem;
          at = String(pick(machine.port_first, machine.port_last));
          setPort(at);
        }
      }
      await onDone();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ok && !busy) void create();
      }}
    >
      <Stack>
        <div className={css.grid}>
          {strict && kept.length > 0 && (
            <SelectField
              label={words.label}
              value={restore}
              onChange={setRestore}
              choices={[
                { value: "", label: words.fresh },
                ...kept.map(({ task_id, rent_order, kept_until = "" }) => ({
                  value: task_id,
                  label: words.of(rent_order, format.time(new Date(kept_until))),
                })),
              ]}
            />
          )}
          {!restore && (
            <SelectField
              label={m.image}
              value={image}
              onChange={setImage}
              choices={images.map((name) => ({ value: name, label: name }))}
            />
          )}
          {gpus > 0 && (
            <SelectField
              label={m.gpus}
              value={gpu}
              onChange={setGpu}
              choices={Array.from({ length: gpus + 1 }, (_, n) => ({
                value: String(gpus - n),
                label: String(gpus - n),
              }))}
            />
          )}
          <SelectField
            label={m.cpus}
            value={cpu}
            onChange={setCpu}
            choices={cpus.map((n) => ({ value: String(n), label: String(n) }))}
          />
          <SelectField
            label={m.memory}
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
              error={diskBad && m.number}
              autoComplete="off"
            />
          )}
          <TextField
            label={m.sshPort}
            hint={m.sshPortHint(machine.port_first, machine.port_last)}
            value={port}
            onChange={(text) => {
              setOwnPort(true);
              setPort(text);
            }}
            inputMode="numeric"
            autoComplete="off"
          />
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
            label={m.ports}
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
          <Button type="submit" variant="primary" disabled={!ok} busy={busy}>
            {m.create}
          </Button>
          <Button onClick={onClose} disabled={busy}>
            {m.close}
          </Button>
        </Row>
      </Stack>
    </form>
  );
}
