import type { OfflineSigner } from "@cosmjs/proto-signing";
import { base64 } from "@scure/base";
import { query } from "../chain/query";
import { Query as GuardQuery } from "../gen/dbc/guard/v1/query_pb";
import type { Meta } from "../node/meta";
import { toHex } from "./encoding";
import { type Account, keplrKept, setKeplr } from "./store";

/** The parts of the Keplr extension that the app uses. */
interface Keplr {
  experimentalSuggestChain(info: unknown): Promise<void>;
  enable(chainId: string): Promise<void>;
  getKey(chainId: string): Promise<{ name: string; bech32Address: string; pubKey: Uint8Array }>;
  getOfflineSignerAuto(chainId: string): Promise<OfflineSigner>;
  signArbitrary(
    chainId: string,
    signer: string,
    data: string,
  ): Promise<{ signature: string; pub_key: { value: string } }>;
}

declare global {
  interface Window {
    keplr?: Keplr;
  }
}

export class NoKeplr extends Error {
  override name = "NoKeplr";
}

function keplr(): Keplr {
  if (!window.keplr) throw new NoKeplr("Keplr is not installed in this browser");
  return window.keplr;
}

export function hasKeplr(): boolean {
  return window.keplr !== undefined;
}

/**
 * chainInfo returns what Keplr must know about a chain that is not in its list;
 * floor is the chain's minimum price of a million gas.
 */
export function chainInfo(chainId: string, origin: string, floor = 0n) {
  const price = Math.max(0.01, Number(floor) / 1_000_000);
  const coin = { coinDenom: "DBC", coinMinimalDenom: "udbc", coinDecimals: 6 };
  return {
    chainId,
    chainName: `DBC ${chainId}`,
    rpc: `${origin}/chain/rpc`,
    rest: `${origin}/chain/rest`,
    bip44: { coinType: 118 },
    bech32Config: {
      bech32PrefixAccAddr: "dbc",
      bech32PrefixAccPub: "dbcpub",
      bech32PrefixValAddr: "dbcvaloper",
      bech32PrefixValPub: "dbcvaloperpub",
      bech32PrefixConsAddr: "dbcvalcons",
      bech32PrefixConsPub: "dbcvalconspub",
    },
    currencies: [coin],
    feeCurrencies: [{ ...coin, gasPriceStep: { low: price, average: price * 1.2, high: price * 2 } }],
    stakeCurrency: coin,
  };
}

/**
 * connectKeplr suggests the chain, asks for permission, and uses Keplr's
 * account.
 */
export async function connectKeplr(meta: Meta): Promise<void> {
  const { params } = await query(GuardQuery.method.params, {});
  await keplr().experimentalSuggestChain(chainInfo(meta.chain_id, location.origin, params?.minGasPrice));
  await keplr().enable(meta.chain_id);
  await takeAccount(meta.chain_id);
  localStorage.setItem(keplrKept, meta.chain_id);
  follow(meta.chain_id);
}

let followed = false;

/** follow switches accounts when the user chooses another one in Keplr. */
function follow(chainId: string): void {
  if (followed) return;
  followed = true;
  addEventListener("keplr_keystorechange", () => {
    if (localStorage.getItem(keplrKept) === chainId) void takeAccount(chainId).catch(disconnectKeplr);
  });
}

async function takeAccount(chainId: string): Promise<void> {
  const key = await keplr().getKey(chainId);
  setKeplr({ kind: "keplr", address: key.bech32Address, name: key.name || "Keplr", publicKey: key.pubKey });
}

export function disconnectKeplr(): void {
  localStorage.removeItem(keplrKept);
  setKeplr(undefined);
}

/**
 * resumeKeplr uses the account that was connected before, and follows Keplr's
 * choice.
 */
export function resumeKeplr(chainId: string): void {
  follow(chainId);
  if (localStorage.getItem(keplrKept) === chainId && hasKeplr()) void takeAccount(chainId).catch(() => {});
}

/** keplrText signs text in the format that nodes accept. */
export async function keplrText(chainId: string, account: Account, text: string): Promise<string> {
  const { signature, pub_key } = await keplr().signArbitrary(chainId, account.address, text);
  return toHex(base64.decode(pub_key.value)) + toHex(base64.decode(signature));
}

export function keplrSigner(chainId: string): Promise<OfflineSigner> {
  return keplr().getOfflineSignerAuto(chainId);
}
