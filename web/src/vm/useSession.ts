import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { useLocation, useNavigate } from "react-router";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { now } from "../node/clock";
import { useMeta } from "../node/meta";
import type { Reader } from "../node/read";
import { isOpen } from "../rental/chain";
import { type Authority, callMachine, type MachineRef } from "../session/machine";
import { authorityOf, find, fromLink, keep, ofRental, type Session } from "../session/store";

const seconds = () => Math.floor(now() / 1_000);

/**
 * useSession returns this browser's session for a rental: null if there is
 * none, undefined until that is known.
 */
export function useSession(rental: Rental, wallet: string | undefined) {
  const client = useQueryClient();
  const { hash, pathname } = useLocation();
  const navigate = useNavigate();
  const key = ["session", rental.id.toString(), wallet ?? ""];
  const found = useQuery({
    queryKey: key,
    queryFn: async () =>
      (wallet === rental.renter ? await find(wallet, rental.id, seconds()) : null) ??
      (await ofRental(rental.id, seconds())),
    staleTime: 60_000,
  });
  // A link from a renter: removed from the address as soon as it is stored.
  useEffect(() => {
    const link = fromLink(hash);
    if (!link || link.session.rentId !== rental.id.toString() || link.session.machineId !== rental.machineId) return;
    void keep(link.session, link.privateKey)
      .then(() => client.invalidateQueries({ queryKey: ["session"] }))
      .then(() => navigate(pathname, { replace: true }));
  }, [hash, pathname, rental.id, rental.machineId, client, navigate]);
  const reload = useCallback(() => client.invalidateQueries({ queryKey: ["session"] }), [client]);
  return { session: isOpen(rental) ? found.data : null, asked: found, reload };
}

/** seenBy returns the block of a rental's newest change. */
export function seenBy(rental: Pick<Rental, "transitions">): bigint {
  let newest = 0n;
  for (const { height } of rental.transitions) if (height > newest) newest = height;
  return newest;
}

/** useMachineRef identifies a rental's machine for calls. */
export function useMachineRef(rental: Rental): MachineRef {
  const meta = useMeta();
  return { chainId: meta?.chain_id ?? "", machineId: rental.machineId, height: seenBy(rental) };
}

/** Ask calls the rental's machine with its session, and reads the answer. */
export type Ask = <T>(path: string, read: Reader<T>, additional?: unknown, signal?: AbortSignal) => Promise<T>;

/** asker binds calls to a session. */
export function asker(at: MachineRef, session: Session): Ask {
  const by: Authority = authorityOf(session);
  return async <T>(path: string, read: Reader<T>, additional: unknown = {}, signal?: AbortSignal) =>
    (await callMachine(at, path, additional, read, by, signal)).message;
}
