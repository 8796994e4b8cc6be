// Prints every sample signed by CosmJS in both modes, as JSON. The key is a
// well-known test key, and its mnemonic is not secret.
import { makeSignDoc as makeAminoDoc, Secp256k1HdWallet, serializeSignDoc } from "@cosmjs/amino";
import { toBase64 } from "@cosmjs/encoding";
import { DirectSecp256k1HdWallet, makeSignBytes, makeSignDoc } from "@cosmjs/proto-signing";
import { SigningStargateClient } from "@cosmjs/stargate";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { aminoTypes, messages, registry, time } from "./dbc.mjs";
import { samples } from "./samples.mjs";

const mnemonic = `${"abandon ".repeat(11)}about`;
const prefix = { prefix: "dbc" };
const data = { accountNumber: 7, sequence: 42, chainId: "dbc-testnet-1" };
const fee = { amount: [{ denom: "udbc", amount: "5000" }], gas: "500000" };
const memo = "<a> & “b”";

const wallets = {
  direct: await DirectSecp256k1HdWallet.fromMnemonic(mnemonic, prefix),
  "amino-json": await Secp256k1HdWallet.fromMnemonic(mnemonic, prefix),
};
const [{ address, pubkey }] = await wallets.direct.getAccounts();
const options = { registry, aminoTypes };

// protoJSON formats times and durations as in protobuf's JSON.
function protoJSON(type, object) {
  if (type.fullName === ".google.protobuf.Timestamp") return time(object);
  if (type.fullName === ".google.protobuf.Duration") return `${object.seconds ?? 0}.${String(object.nanos ?? 0).padStart(9, "0")}s`;
  for (const field of type.fieldsArray) {
    const has = object[field.name];
    if (has === undefined || !field.resolvedType?.fieldsArray) continue;
    object[field.name] = field.repeated ? has.map((item) => protoJSON(field.resolvedType, item)) : protoJSON(field.resolvedType, has);
  }
  return object;
}

const signed = [];
const seen = new Set();
for (const [name, message] of Object.entries(samples(address))) {
  seen.add(message.typeUrl);
  const type = messages.get(message.typeUrl);
  const value = protoJSON(type, type.toObject(registry.decode({ typeUrl: message.typeUrl, value: registry.encode(message) }), { longs: String, bytes: String, enums: String }));
  for (const [mode, wallet] of Object.entries(wallets)) {
    const client = await SigningStargateClient.offline(wallet, options);
    const tx = await client.sign(address, [message], fee, memo, data);
    const document =
      mode === "direct"
        ? makeSignBytes(makeSignDoc(tx.bodyBytes, tx.authInfoBytes, data.chainId, data.accountNumber))
        : serializeSignDoc(makeAminoDoc([aminoTypes.toAmino(message)], fee, data.chainId, memo, data.accountNumber, data.sequence));
    signed.push({ name, mode, type_url: message.typeUrl, value, sign_bytes: toBase64(document), tx: toBase64(TxRaw.encode(tx).finish()) });
  }
}
const missing = [...messages.keys()].filter((url) => !seen.has(url));
if (missing.length) throw new Error(`no sample of ${missing.join(", ")}`);

console.log(JSON.stringify({ chain_id: data.chainId, account_number: data.accountNumber, sequence: data.sequence, address, public_key: toBase64(pubkey), memo, vectors: signed }, null, 1));
