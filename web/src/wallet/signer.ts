import type { OfflineSigner } from "@cosmjs/proto-signing";
import { PREFIX } from "./encoding";
import { keplrSigner, keplrText } from "./keplr";
import { type Account, withSecret } from "./store";

/**
 * signer returns the signer that CosmJS uses for transactions. A local account
 * must be unlocked.
 */
export async function signer(chainId: string, account: Account): Promise<OfflineSigner> {
  if (account.kind === "keplr") return keplrSigner(chainId);
  const [{ DirectSecp256k1Wallet }, { privateKey }] = await Promise.all([
    import("@cosmjs/proto-signing"),
    import("./keys"),
  ]);
  return withSecret(account.address, (secret) => DirectSecp256k1Wallet.fromKey(privateKey(secret), PREFIX));
}

/** signAs signs a text for nodes: requests, and grants of sessions. */
export async function signAs(chainId: string, account: Account, text: string): Promise<string> {
  if (account.kind === "keplr") return keplrText(chainId, account, text);
  const [{ signText }, { privateKey }] = await Promise.all([import("./sign"), import("./keys")]);
  return withSecret(account.address, (secret) => {
    const key = privateKey(secret);
    try {
      return signText(text, key);
    } finally {
      key.fill(0);
    }
  });
}
