// Sends messages with CosmJS to a real dbcd, in both modes: a machine is
// bonded, rented, renewed, challenged and broken as a renter's and a host's own
// program would do it. RPC is the daemon's address. Prints one line of JSON for
// each message.
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { makeCosmoshubPath, Secp256k1HdWallet } from "@cosmjs/amino";
import { toHex, toUtf8 } from "@cosmjs/encoding";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { SigningStargateClient } from "@cosmjs/stargate";
import protobuf from "protobufjs";
import { aminoTypes, registry, root } from "./dbc.mjs";

const mnemonic = `${"abandon ".repeat(11)}about`;
const endpoint = process.env.RPC;
const wallets = { direct: DirectSecp256k1HdWallet, "amino-json": Secp256k1HdWallet };
const types = { machine: root.lookup("dbc.machine.v1"), rental: root.lookup("dbc.rental.v1") };
const fee = { amount: [{ denom: "udbc", amount: "20000" }], gas: "2000000" };

// key generates a compute node's key from a seed of equal bytes, in the DER
// format that node:crypto requires.
function key(n) {
  const seed = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, n)]);
  const secret = createPrivateKey({ key: seed, format: "der", type: "pkcs8" });
  const id = createPublicKey(secret).export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
  return { id, sign: (...lines) => new Uint8Array(sign(null, toUtf8(lines.join("\n")), secret)) };
}

async function walk(mode, n) {
  const wallet = await wallets[mode].fromMnemonic(mnemonic, { prefix: "dbc", hdPaths: [makeCosmoshubPath(0), makeCosmoshubPath(1)] });
  const [{ address }, { address: stranger }] = await wallet.getAccounts();
  const client = await SigningStargateClient.connectWithSigner(endpoint, wallet, { registry, aminoTypes, broadcastPollIntervalMs: 200 });
  const chainId = await client.getChainId();
  const node = key(n);

  async function send(module, name, value, signer = address) {
    const result = await client.signAndBroadcast(signer, [{ typeUrl: `/dbc.${module}.v1.Msg${name}`, value }], fee, "by CosmJS");
    console.log(JSON.stringify({ mode, message: name, code: result.code, log: result.rawLog, height: result.height }));
    const [reply] = result.msgResponses;
    return reply && types[module].lookupType(`Msg${name}Response`).decode(reply.value);
  }

  const expiry = String(Math.floor(Date.now() / 1000) + 1800);
  const facts = {
    slots: [1, 2].map((i) => ({ kind: "SLOT_KIND_GPU", gpu_type: "RTX 4090", gpu_ids: [`${mode}-${i}`], gpu_count: 1, vram_mib: "24564" })),
    cpu_model: "EPYC", cpu_cores: 24, memory_mib: "65536", city: "Köln", country: "DE", longitude_e4: -69603, port_first: 5200, port_last: 32767, keep_disk_policy: "KEEP_DISK_POLICY_FIRM", delivery: 1,
  };
  const hash = toHex(createHash("sha256").update(types.machine.lookupType("Facts").encode(types.machine.lookupType("Facts").fromObject(facts)).finish()).digest());
  const bonded = (seq) => node.sign("dbc-bond-v1", chainId, node.id, address, seq, expiry, hash);
  const machine = { machine_id: node.id };
  const operator = { operator: address, ...machine };

  await send("machine", "BondMachines", {
    owner: address,
    bonds: [{ ...machine, operator: address, payout: address, facts, price_per_day: "24000000", bond_seq: "1", expiry, signature: bonded("1") }],
  });
  await send("machine", "UpdateFacts", { ...operator, facts, bond_seq: "2", expiry, signature: bonded("2") });
  await send("machine", "SetPrice", { operator: address, prices: [{ ...machine, price_per_day: "48000000", exit_notice_seconds: "3600" }] });
  await send("machine", "SetOnline", { ...operator, expiry, signature: node.sign("dbc-online-v1", chainId, node.id, "2", expiry) });
  await send("machine", "AddStake", { sender: address, ...machine, amount: "1000000" });

  const rent = () => send("rental", "RentMachine", { renter: address, ...machine, duration_seconds: "3600", slots: 1 });
  const kept = String((await rent()).rent_id);
  await send("rental", "ConfirmRent", { renter: address, rent_id: kept });
  await send("rental", "ReletMachine", { renter: address, ...machine, add_duration_seconds: "1800" });
  await send("rental", "LeaveRental", { renter: address, rent_id: kept });
  await send("rental", "CancelRent", { renter: address, rent_id: String((await rent()).rent_id), cause: "CAUSE_NOT_READY" });

  const coins = await SigningStargateClient.connectWithSigner(endpoint, wallet, { broadcastPollIntervalMs: 200 });
  await coins.sendTokens(address, stranger, [{ denom: "udbc", amount: "20000000" }], fee, "for a deposit and its gas");
  coins.disconnect();
  const { challenge_id } = await send("machine", "Challenge", { challenger: stranger, ...machine }, stranger);
  const { height } = await challengeOf(client, challenge_id);
  await send("machine", "AnswerChallenge", {
    ...operator, challenge_id: String(challenge_id), height, signature: node.sign("dbc-answer-v1", chainId, node.id, challenge_id, height),
  });
  await send("rental", "ClaimRent", { signer: address, rent_ids: [kept] });
  await send("rental", "BreakRental", { signer: address, rent_id: kept });
  const from = { seconds: String(Math.floor(Date.now() / 1000) + 7 * 86400) };
  await send("machine", "Drain", { operator: address, machine_ids: [node.id], from });
  await send("machine", "SetOffline", operator);
  await send("machine", "Retire", { owner: address, ...machine });
  client.disconnect();
}

// challengeOf queries an open challenge over ABCI. Its query types are defined
// here, because query.proto has more imports than a signer needs.
const queries = protobuf.parse(
  `syntax = "proto3";
   message Request { uint64 challenge_id = 1; }
   message Response { dbc.machine.v1.Challenge challenge = 1; }`,
  root,
  { keepCase: true },
).root;

async function challengeOf(client, challenge_id) {
  const request = queries.lookupType("Request");
  const { value } = await client.forceGetQueryClient().queryAbci("/dbc.machine.v1.Query/Challenge", request.encode(request.fromObject({ challenge_id })).finish());
  return { height: String(queries.lookupType("Response").decode(value).challenge.height) };
}

for (const [n, mode] of Object.keys(wallets).entries()) await walk(mode, 41 + n);
