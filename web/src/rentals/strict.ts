import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { callMachine, type MachineRef } from "../session/machine";
import type { Session } from "../session/store";
import { byWallet, Declined } from "../session/wallet";
import type { About } from "../wallet/approve";
import type { Ask } from "./useSession";

/** Strict asks for what a page's own session can't: what destroys, and passwords. */
export type Strict = (path: string, additional: unknown, about: About) => Promise<unknown>;

/**
 * strictOf lets the renter's wallet sign the very request. Who came by a link
 * for everything is asked once more instead; others have no way.
 */
export function strictOf(
  at: MachineRef,
  ask: Ask,
  { rental, session, own }: { rental: Rental; session: Session; own: boolean },
): Strict | undefined {
  if (own) return (path, additional, about) => callMachine(at, path, additional, byWallet(rental.renter, about));
  if (session.scope !== "full") return undefined;
  return async (path, additional, { title, warning }) => {
    if (!window.confirm([title, warning].filter((text) => typeof text === "string").join("\n"))) throw new Declined();
    return ask(path, additional);
  };
}
