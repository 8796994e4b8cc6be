import { Declined } from "../node/errors";
import { type About, authorize } from "../signing/approve";
import type { Authority } from "./machine";

/**
 * byWallet signs a single request with the wallet itself, which destructive
 * requests require.
 */
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
