import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { useLocation, useNavigate } from "react-router";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { now } from "../node/clock";
import { useMeta } from "../node/meta";
import { type Authority, callMachine, type MachineRef } from "../session/machine";
import { authorityOf, find, fromLink, keep, ofRental, type Session } from "../session/store";
import { isOpen } from "./chain";

const seconds = () => Math.floor(now() / 1_000);

/** useSession is this browser's session for a rental: null where there is none, undefined until it is known. */
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
  // A link that a renter gave: taken out of the address as soon as it is kept.
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

/** useMachineRef names a rental's machine for calls. */
export function useMachineRef(rental: Rental): MachineRef {
  const meta = useMeta();
  return { chainId: meta?.chain_id ?? "", machineId: rental.machineId };
}

/** Ask asks the rental's machine by its session. */
export type Ask = <T>(path: string, additional?: unknown, signal?: AbortSignal) => Promise<T>;

/** asker binds calls to a session. */
export function asker(at: MachineRef, session: Session): Ask {
  const by: Authority = authorityOf(session);
  return async <T>(path: string, additional: unknown = {}, signal?: AbortSignal) =>
    (await callMachine<T>(at, path, additional, by, signal)).message;
}
