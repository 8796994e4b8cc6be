import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { Cause } from "../gen/dbc/rental/v1/rental_pb";
import { ApiError } from "../node/api";
import { now } from "../node/clock";
import type { Session } from "../session/store";
import { readTasks } from "./answers";
import { hasRun, type Known } from "./progress";
import { keepRan, ranKey } from "./ran";
import { idleMs, still, type TaskSummary } from "./tasks";
import { asker, useMachineRef } from "./useSession";

/**
 * useTasks returns everything that the renter has on the rental's machine: its
 * virtual machines, and kept disks of earlier rentals.
 */
export function useTasks(rental: Rental, session: Session | null | undefined): UseQueryResult<TaskSummary[]> {
  const at = useMachineRef(rental);
  return useQuery({
    queryKey: ["tasks", rental.id.toString(), session?.id ?? ""],
    queryFn: async ({ signal }) => {
      if (!session) return [];
      return asker(at, session)("/api/v1/tasks", readTasks, {}, signal);
    },
    enabled: at.chainId !== "" && Boolean(session),
    refetchInterval: ({ state }) => (state.data?.every(({ status }) => still(status)) ? idleMs : 5_000),
  });
}

/** ofRental returns the virtual machines of a rental. */
export function ofRental(tasks: readonly TaskSummary[] | undefined, rental: Rental): TaskSummary[] | undefined {
  return tasks?.filter((task) => task.rent_order === rental.id.toString());
}

/**
 * useKnown returns what this browser knows about a rental's virtual machines,
 * and remembers it across reloads.
 */
export function useKnown(rental: Rental, session: Session | null | undefined): Known {
  const key = ranKey(useMachineRef(rental).chainId, rental);
  const tasks = ofRental(useTasks(rental, session).data, rental);
  const known = { authorized: Boolean(session), tasks, before: localStorage.getItem(key) !== null };
  const ran = hasRun(known);
  useEffect(() => {
    if (!ran) return;
    try {
      keepRan(localStorage, key, now());
    } catch {
      // A full storage costs the suggestion for a cancellation, not the page.
    }
  }, [key, ran]);
  return known;
}

/**
 * unreached are the statuses with which a gateway reports that the machine did
 * not answer.
 */
const unreached = [502, 504];

/**
 * causeOf guesses why a trial is being cancelled from what ran in it, deleted
 * virtual machines included: as far as this browser knows, nothing did if it
 * never signed in.
 */
export function causeOf(error: Error | null, tried: boolean): Cause {
  const status = error instanceof ApiError ? error.details.status : undefined;
  if (error && (status === undefined || unreached.includes(status))) return Cause.UNREACHABLE;
  return tried ? Cause.CHANGED_MIND : Cause.NOT_READY;
}
