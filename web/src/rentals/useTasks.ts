import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { Cause } from "../gen/dbc/rental/v1/rental_pb";
import { ApiError } from "../node/api";
import type { Session } from "../session/store";
import { hasRun, type Known } from "./progress";
import { cameUp, idleMs, still, type TaskSummary } from "./tasks";
import { asker, useMachineRef } from "./useSession";

/** useTasks are all that the renter has on the rental's machine: its virtual machines, and disks that are kept of earlier rentals. */
export function useTasks(rental: Rental, session: Session | null | undefined): UseQueryResult<TaskSummary[]> {
  const at = useMachineRef(rental);
  return useQuery({
    queryKey: ["tasks", rental.id.toString(), session?.id ?? ""],
    queryFn: async ({ signal }) => {
      if (!session) return [];
      return (await asker(at, session)<{ tasks: TaskSummary[] }>("/api/v1/tasks", {}, signal)).tasks;
    },
    enabled: at.chainId !== "" && Boolean(session),
    refetchInterval: ({ state }) => (state.data?.every(({ status }) => still(status)) ? idleMs : 5_000),
  });
}

/** ofRental are the virtual machines of a rental. */
export function ofRental(tasks: readonly TaskSummary[] | undefined, rental: Rental): TaskSummary[] | undefined {
  return tasks?.filter((task) => task.rent_order === rental.id.toString());
}

/** useKnown is what this browser knows of a rental's virtual machines, and remembers across reloads. */
export function useKnown(rental: Rental, session: Session | null | undefined): Known {
  const key = `dbc.ran.${useMachineRef(rental).chainId}.${rental.id}`;
  const tasks = ofRental(useTasks(rental, session).data, rental);
  const known = { authorized: Boolean(session), tasks, before: localStorage.getItem(key) !== null };
  const ran = hasRun(known);
  useEffect(() => {
    if (ran) localStorage.setItem(key, "1");
  }, [key, ran]);
  return known;
}

/** unreached are the statuses by which a gateway tells that the machine gave it no answer. */
const unreached = [502, 504];

/** causeOf is why a trial is likely cancelled, by what ran in it: nothing as far as this browser knows, where it never signed in. */
export function causeOf(tasks: { data?: readonly TaskSummary[] | undefined; error: Error | null }): Cause {
  const { data, error } = tasks;
  const status = error instanceof ApiError ? error.details.status : undefined;
  if (error && (status === undefined || unreached.includes(status))) return Cause.UNREACHABLE;
  return data && cameUp(data) ? Cause.CHANGED_MIND : Cause.NOT_READY;
}
