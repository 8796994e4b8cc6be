import { HardDrive } from "lucide-react";
import { Link } from "react-router";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { Boundary } from "../ui/Boundary";
import { Button, LinkButton } from "../ui/Button";
import { Hash } from "../ui/Copy";
import { ErrorNote } from "../ui/ErrorNote";
import { Card, Facts, Stack } from "../ui/Layout";
import { type KeptHere, useKeptAt, useMayKeep } from "./keptAt";
import { withRestore } from "./restore";
import { words } from "./words";

const messages = define({
  en: {
    title: "Disks kept after the end",
    lead: "The chain does not know whether a machine still has them: ask it. It answers you alone, so the wallet signs.",
    upTo: (rentals: string, when: string) => `Rental ${rentals}, until ${when} at the latest`,
    machine: "Machine",
    nothing: "This machine keeps nothing for you.",
    rental: "Rental",
    until: "Kept until",
    id: "Id for --restore",
    restore:
      "To go on with them, rent this machine again with the same account, and choose them when you create the virtual machine.",
    again: "Rent this machine again",
    goOn: "Rent again with these disks",
  },
  zh: {
    title: "到期后保留的磁盘",
    lead: "链上不知道机器是否仍保留这些磁盘，需要询问机器。它只答复您本人，因此由钱包签名。",
    upTo: (rentals, when) => `租用 ${rentals}，最晚至 ${when}`,
    machine: "机器",
    nothing: "此机器没有为您保留磁盘。",
    rental: "租用",
    until: "保留至",
    id: "--restore 所用编号",
    restore: "要继续使用这些磁盘，请用同一账户再次租用此机器，并在创建虚拟机时选择它们。",
    again: "再次租用此机器",
    goOn: "再次租用并使用这些磁盘",
  },
});

/**
 * Kept lists the machines that may keep disks of a wallet's rentals that are
 * over; it shows nothing if there are none.
 */
export function Kept({ renter }: { renter: string }) {
  const m = useMessages(messages);
  const format = useFormat();
  const machines = useMayKeep(renter);
  if (machines.length === 0) return null;
  return (
    <Card title={m.title}>
      <Stack>
        <p className="small muted">
          {m.lead} {m.restore}
        </p>
        {machines.map(({ machineId, rentals, until }) => (
          <Stack key={machineId} gap={8}>
            <p>
              {m.machine}{" "}
              <Link to={`/machines/${machineId}`}>
                <code>{machineId.slice(0, 10)}…</code>
              </Link>
              {" · "}
              {m.upTo(rentals.join(", "), format.time(new Date(until)))}
            </p>
            <Boundary>
              <AskKept machineId={machineId} renter={renter} />
            </Boundary>
            <div>
              <LinkButton size="small" to={`/machines/${machineId}`}>
                {m.again}
              </LinkButton>
            </div>
          </Stack>
        ))}
      </Stack>
    </Card>
  );
}

/** AskButton has a machine asked what it keeps. */
export function AskButton({ busy, ready, ask }: Pick<KeptHere, "busy" | "ready" | "ask">) {
  const w = useMessages(words);
  return (
    <Button size="small" icon={<HardDrive aria-hidden="true" />} busy={busy} disabled={!ready} onClick={ask}>
      {w.askKept}
    </Button>
  );
}

/** AskKept asks a machine what it keeps for a wallet, and shows it. */
export function AskKept({ machineId, renter }: { machineId: string; renter: string }) {
  const m = useMessages(messages);
  const format = useFormat();
  const { kept, error, busy, ready, ask } = useKeptAt(machineId, renter);
  return (
    <Stack gap={10}>
      {error && <ErrorNote error={error} />}
      {kept?.map(({ task_id, rent_order, kept_until = "" }) => (
        <Stack key={task_id} gap={8}>
          <Facts
            rows={[
              [m.rental, rent_order],
              [m.until, format.time(new Date(kept_until))],
              [m.id, <Hash key="id" text={task_id} what={m.id} />],
            ]}
          />
          <div>
            <LinkButton size="small" to={withRestore(`/machines/${machineId}`, task_id)}>
              {m.goOn}
            </LinkButton>
          </div>
        </Stack>
      ))}
      {kept?.length === 0 && <p className="muted">{m.nothing}</p>}
      <div>
        <AskButton busy={busy} ready={ready} ask={ask} />
      </div>
    </Stack>
  );
}
