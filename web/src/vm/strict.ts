import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { Declined } from "../node/errors";
import { ignored } from "../node/read";
import { callMachine, type MachineRef } from "../session/machine";
import type { Session } from "../session/store";
import { byWallet } from "../session/wallet";
import type { About } from "../signing/approve";
import type { Ask } from "./useSession";

/**
 * Strict requests what a page's own session may not do: destructive operations,
 * and passwords.
 */
export type Strict = (path: string, additional: unknown, about: About) => Promise<unknown>;

/**
 * strictOf lets the renter's wallet sign the request itself. The user of a link
 * with full scope is asked for confirmation instead; others cannot do it.
 */
export function strictOf(
  at: MachineRef,
  ask: Ask,
  { rental, session, own }: { rental: Rental; session: Session; own: boolean },
): Strict | undefined {
  if (own)
    return (path, additional, about) => callMachine(at, path, additional, ignored, byWallet(rental.renter, about));
  if (session.scope !== "full") return undefined;
  return async (path, additional, { title, warning }) => {
    if (!window.confirm([title, warning].filter((text) => typeof text === "string").join("\n"))) throw new Declined();
    return ask(path, ignored, additional);
  };
}
