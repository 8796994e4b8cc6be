import { useQuery } from "@tanstack/react-query";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { Cause } from "../gen/dbc/rental/v1/rental_pb";
import { ApiError } from "../node/api";
import type { Session } from "../session/store";
import { cameUp, type TaskSummary } from "./tasks";
import { asker, useMachineRef } from "./useSession";

/** useTasks is what a machine tells of a rental's virtual machines, asked by a session; without one nothing is asked. */
export function useTasks(rental: Rental, session: Session | null | undefined) {
  const at = useMachineRef(rental);
  const id = rental.id.toString();
  return useQuery({
    queryKey: ["tasks", id, session?.id ?? ""],
    queryFn: async ({ signal }) => {
      if (!session) return [];
      const { tasks } = await asker(at, session)<{ tasks: TaskSummary[] }>("/api/v1/tasks", {}, signal);
      return tasks.filter((task) => task.rent_order === id);
    },
    enabled: at.chainId !== "" && Boolean(session),
    refetchInterval: 5_000,
  });
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
