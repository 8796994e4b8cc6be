import { useQueryClient } from "@tanstack/react-query";
import { MonitorPlay, Plus } from "lucide-react";
import { useEffect, useState } from "react";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { define, useMessages } from "../i18n/messages";
import { ApiError } from "../node/api";
import { forget, type Session } from "../session/store";
import { Asked } from "../ui/Asked";
import { Boundary } from "../ui/Boundary";
import { Button } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { Card, Stack } from "../ui/Layout";
import { strictOf } from "../vm/strict";
import { asker, useMachineRef } from "../vm/useSession";
import { ofRental, useTasks } from "../vm/useTasks";
import { CreateVm } from "./CreateVm";
import { VmCard } from "./VmCard";
import { words } from "./words";

const messages = define({
  en: {
    vms: "Virtual machines",
    noVm: "No virtual machine yet",
    noVmWhy: "Create one now: it takes a minute or two, and you see each step.",
  },
  zh: {
    vms: "虚拟机",
    noVm: "还没有虚拟机",
    noVmWhy: "现在创建：一两分钟即可，每一步都可见。",
  },
});

/** Refusals after which a session is useless. */
const dead = ["NO_SESSION", "TICKET_EXPIRED"];

/** VirtualMachines lists the virtual machines of a rental, and creates new ones. */
export function VirtualMachines({
  rental,
  session,
  own,
  onLost,
}: {
  rental: Rental;
  session: Session;
  own: boolean;
  onLost: () => Promise<void>;
}) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const client = useQueryClient();
  const at = useMachineRef(rental);
  const ask = asker(at, session);
  const strict = strictOf(at, ask, { rental, session, own });
  const [creating, setCreating] = useState(false);
  const id = rental.id.toString();
  const tasks = useTasks(rental, session);
  const machines = ofRental(tasks.data, rental);
  const lost = tasks.error instanceof ApiError && dead.includes(tasks.error.code);
  useEffect(() => {
    if (lost) void forget(session).then(onLost);
  }, [lost, session, onLost]);
  const again = () => client.invalidateQueries({ queryKey: ["tasks", id] });
  const may = session.scope !== "read";
  return (
    <Stack>
      <Asked query={tasks} label={m.vms} />
      {machines?.map((task) => (
        <Boundary key={task.task_id}>
          <VmCard at={at} ask={ask} strict={strict} summary={task} may={may} onChange={again} />
        </Boundary>
      ))}
      {machines && (creating || machines.length === 0) && may && (
        <Card title={w.createVm}>
          {creating ? (
            <CreateVm
              rental={rental}
              ask={ask}
              strict={own ? strict : undefined}
              onClose={() => setCreating(false)}
              onDone={async () => {
                await again();
                setCreating(false);
              }}
            />
          ) : (
            <Empty
              icon={<MonitorPlay aria-hidden="true" />}
              title={m.noVm}
              action={
                <Button variant="primary" icon={<Plus aria-hidden="true" />} onClick={() => setCreating(true)}>
                  {w.createVm}
                </Button>
              }
            >
              {m.noVmWhy}
            </Empty>
          )}
        </Card>
      )}
      {machines && machines.length > 0 && !creating && may && (
        <div>
          <Button icon={<Plus aria-hidden="true" />} onClick={() => setCreating(true)}>
            {w.createVm}
          </Button>
        </div>
      )}
    </Stack>
  );
}
