// A Keplr for tests: the page's window.keplr, with keys and CosmJS on this
// side, as the extension has them on its own.
import { createRequire } from "node:module";

const require = createRequire(new URL("../cosmjs/package.json", import.meta.url));
const { Secp256k1Wallet } = require("@cosmjs/amino");
const { fromHex } = require("@cosmjs/encoding");
const { DirectSecp256k1Wallet } = require("@cosmjs/proto-signing");

/**
 * adr036 returns the sign document of a text, as Keplr's signArbitrary builds
 * it.
 */
const adr036 = (signer, text) => ({
  chain_id: "",
  account_number: "0",
  sequence: "0",
  fee: { gas: "0", amount: [] },
  msgs: [{ type: "sign/MsgSignData", value: { signer, data: Buffer.from(text).toString("base64") } }],
  memo: "",
});

/**
 * install gives a page Keplr before it loads; asked records the page's
 * requests.
 */
export async function install(page, key) {
  const wallet = await DirectSecp256k1Wallet.fromKey(fromHex(key), "dbc");
  const amino = await Secp256k1Wallet.fromKey(fromHex(key), "dbc");
  const [{ address, pubkey }] = await wallet.getAccounts();
  const asked = [];
  await page.exposeFunction("keplrAsk", async (what, value) => {
    asked.push({ what, value });
    if (what === "text") return (await amino.signAmino(address, adr036(address, value))).signature;
    if (what !== "tx") return undefined;
    const bytes = (array) => Uint8Array.from(array);
    const doc = { ...value, bodyBytes: bytes(value.bodyBytes), authInfoBytes: bytes(value.authInfoBytes), accountNumber: BigInt(value.accountNumber) };
    return (await wallet.signDirect(address, doc)).signature;
  });
  await page.addInitScript(
    ({ address, pubkey }) => {
      const ask = (what, value) => window.keplrAsk(what, value);
      const signer = {
        getAccounts: async () => [{ address, algo: "secp256k1", pubkey: Uint8Array.from(pubkey) }],
        signDirect: async (_, doc) => ({
          signed: doc,
          signature: await ask("tx", {
            bodyBytes: [...doc.bodyBytes],
            authInfoBytes: [...doc.authInfoBytes],
            chainId: doc.chainId,
            accountNumber: doc.accountNumber.toString(),
          }),
        }),
      };
      window.keplr = {
        experimentalSuggestChain: (info) => ask("suggest", info),
        enable: (chainId) => ask("enable", chainId),
        getKey: async () => ({ name: "Ledger", bech32Address: address, pubKey: Uint8Array.from(pubkey) }),
        getOfflineSignerAuto: async () => signer,
        signArbitrary: (_, by, text) => ask("text", text),
      };
    },
    { address, pubkey: [...pubkey] },
  );
  return { address, asked };
}
