import { useQuery, useQueryClient } from "@tanstack/react-query";
import { unmoved } from "../chain/key";
import { query } from "../chain/query";
import { Query } from "../gen/dbc/rental/v1/query_pb";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { define, useMessages } from "../i18n/messages";
import { ApiError } from "../node/api";
import { useMeta } from "../node/meta";
import { type KeptAt, keptByMachine } from "../rental/kept";
import { callMachine, type MachineRef } from "../session/machine";
import { byWallet } from "../session/wallet";
import { useNow } from "../ui/useNow";
import { readTasks } from "../vm/answers";
import type { TaskSummary } from "../vm/tasks";
import { words } from "./words";

const messages = define({
  en: { machine: "Machine" },
  zh: { machine: "机器" },
});

const pageSize = 100n;

/** allOf returns all rentals of a wallet that the chain still knows. */
async function allOf(renter: string, signal: AbortSignal): Promise<Rental[]> {
  const all: Rental[] = [];
  for (let key = new Uint8Array() as Uint8Array; ; ) {
    const pagination = { key, limit: pageSize };
    const page = await query(Query.method.rentalsByRenter, { renter, openOnly: false, pagination }, signal);
    all.push(...page.rentals);
    key = page.pagination?.nextKey ?? new Uint8Array();
    if (key.length === 0) return all;
  }
}

/** useMayKeep returns the machines that, by the chain, may keep disks of a wallet's rentals. */
export function useMayKeep(renter: string, enabled = true): KeptAt[] {
  const now = useNow();
  const found = useQuery({
    queryKey: ["kept", renter],
    queryFn: ({ signal }) => allOf(renter, signal),
    refetchInterval: unmoved,
    enabled,
  });
  return keptByMachine(found.data ?? [], now);
}

/** keptAt returns the virtual machines whose disks a machine keeps for a wallet. */
async function keptAt(at: MachineRef, renter: string, title: string, label: string): Promise<TaskSummary[]> {
  const by = byWallet(renter, { title, rows: [[label, at.machineId]] });
  try {
    const { message } = await callMachine(at, "/api/v1/tasks", {}, readTasks, by);
    return message.filter((task) => task.kept_until);
  } catch (error) {
    // A machine without anything of a wallet answers it like a stranger.
    if (error instanceof ApiError && error.code === "NO_RENTAL") return [];
    throw error;
  }
}

/**
 * useKeptAt returns what a machine keeps for a wallet, as it last answered while
 * the app is open, or undefined. Only the wallet may ask, not a rental's
 * session, which sees nothing of other rentals: each ask takes a signature.
 */
export function useKeptAt(machineId: string, renter: string) {
  const w = useMessages(words);
  const m = useMessages(messages);
  const meta = useMeta();
  const now = useNow();
  const client = useQueryClient();
  const queryKey = ["keptAt", meta?.chain_id ?? "", machineId, renter];
  const found = useQuery({
    queryKey,
    queryFn: () => keptAt({ chainId: meta?.chain_id ?? "", machineId }, renter, w.askKept, m.machine),
    enabled: false, // asked by a button
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
  return {
    kept: found.data?.filter(({ kept_until = "" }) => Date.parse(kept_until) > now),
    error: found.isError ? found.error : undefined,
    busy: found.isFetching,
    ready: meta !== undefined,
    ask: () => void found.refetch(),
    /** took notes that a new virtual machine has the disks of id now. */
    took: (id: string) =>
      client.setQueryData<TaskSummary[]>(queryKey, (list) => list?.filter(({ task_id }) => task_id !== id)),
  };
}

/** Kept is what a page knows of a machine's kept disks, and how it asks. */
export type KeptHere = ReturnType<typeof useKeptAt>;
