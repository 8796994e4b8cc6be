// Continues, outside the browser, a rental that was started in it: confirms and
// then renews it. The mnemonic is read from standard input:
//
//   node continue.mjs http://127.0.0.1:5050 RENT_ID 1800 < words.txt
//
// The first argument is a client node, the last the seconds to add. Prints the
// rental's state and end after each step.
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { GasPrice, SigningStargateClient } from "@cosmjs/stargate";
import { registry } from "./dbc.mjs";

const [, , node, rentId, seconds] = process.argv;
let words = "";
for await (const chunk of process.stdin) words += chunk;

const wallet = await DirectSecp256k1HdWallet.fromMnemonic(words.trim(), { prefix: "dbc" });
const [{ address: renter }] = await wallet.getAccounts();
const client = await SigningStargateClient.connectWithSigner(`${node}/chain/rpc`, wallet, {
  registry,
  gasPrice: GasPrice.fromString("0.012udbc"),
});

async function ask(path) {
  const answer = await fetch(`${node}/chain/rest${path}`);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

const { machine_id: machine } = (await ask(`/dbc/rental/v1/rentals/${rentId}`)).rental;

async function send(typeUrl, value) {
  const done = await client.signAndBroadcast(renter, [{ typeUrl, value }], 1.5);
  if (done.code !== 0) throw new Error(`${typeUrl}: ${done.rawLog}`);
  const { rental } = await ask(`/dbc/rental/v1/rentals/${rentId}`);
  console.log(`${rental.state} ${rental.end}`);
}

await send("/dbc.rental.v1.MsgConfirmRent", { renter, rent_id: rentId });

// The quote bounds the cost of the renewal, and is refused if the listing has
// changed.
const quote = await ask(`/dbc/rental/v1/machines/${machine}/quote?rent_id=${rentId}&duration_seconds=${seconds}`);
await send("/dbc.rental.v1.MsgReletMachine", {
  renter,
  rent_id: rentId,
  add_duration_seconds: seconds,
  max_total: quote.total,
  listing_version: quote.listing_version,
});
