import { type About, authorize } from "../wallet/approve";
import type { Authority } from "./machine";

/** Declined means: the user closed the dialog that asked him to sign. It is no fault to tell him of. */
export class Declined extends Error {
  override name = "Declined";
}

/** byWallet signs a single request by the wallet itself, as what destroys must be. */
export function byWallet(wallet: string, about: About): Authority {
  return {
    wallet,
    session: "",
    sign: async (text) => {
      const sign = await authorize({ ...about, text });
      if (sign === undefined) throw new Declined();
      return sign;
    },
  };
}
