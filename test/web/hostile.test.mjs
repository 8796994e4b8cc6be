// What a lying machine, a peer that is not a machine and pages of other origins
// can do in the origin of a client node, which is the wallet's; and what a
// wallet's extension, a real one, still can.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { renter } from "./app.mjs";
import { launch, launchWith, open } from "./browser.mjs";
import { importKey } from "./host.mjs";

const require = createRequire(new URL("../cosmjs/package.json", import.meta.url));
const { fromHex, toBase64 } = require("@cosmjs/encoding");
const { DirectSecp256k1Wallet } = require("@cosmjs/proto-signing");
const { SigningStargateClient } = require("@cosmjs/stargate");
const { TxRaw } = require("cosmjs-types/cosmos/tx/v1beta1/tx");

const { BASE: base, PAGES: pages, BONDED: bonded, STRANGER: stranger, KEY: key, CHAIN: chainId } = process.env;
const limit = 300_000;
/** otherSite and otherPort are origins of pages that try to access the node. */
const otherSite = pages.replace("127.0.0.1", "localhost");
const otherPort = pages;
const socketURL = `${base.replace("http", "ws")}/chain/rpc/websocket`;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** seen returns what reached the lying peers since the last call. */
const seen = async () => (await (await fetch(`${pages}/seen`)).json()) ?? [];

/** routes are those of WebSockets and calls to a peer. */
const routes = (peer) => [
  `/api/v1/tasks/console/x?machine_id=${peer}`,
  `/api/v1/tasks/console/sw.js?machine_id=${peer}`,
  `/api/v1/tasks/vnc/x?machine_id=${peer}`,
  `/api/v1/tasks/forward/x?machine_id=${peer}`,
  `/api/v1/tasks?machine_id=${peer}`,
];

/** clean asserts that nothing of a lie ran in, or stays in, the node's origin. */
async function clean(context) {
  const page = await context.newPage();
  await page.goto(`${base}/`);
  const left = await page.evaluate(async () => ({
    pwned: [globalThis.pwned, localStorage.pwned, document.cookie, document.title],
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    body: document.body.innerText,
  }));
  assert.deepEqual(left.pwned.slice(0, 3), [undefined, undefined, ""]);
  assert.doesNotMatch(`${left.pwned[3]} ${left.body}`, /pwned/);
  assert.equal(left.workers, 0);
  assert.deepEqual(await context.cookies(), []);
  await page.close();
}

for (const [who, peer] of [["a bonded machine", bonded], ["a stranger's peer", stranger]]) {
  test(`addresses that lead to ${who} show nothing of it`, { timeout: limit }, async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await seen();
    for (const from of [undefined, otherSite, otherPort, base])
      for (const route of routes(peer)) {
        if (from) {
          await page.goto(`${from}/`);
          // Like a link, or a page that redirects its reader.
          const { href } = new URL(base + route);
          await Promise.all([page.waitForURL((url) => url.href === href), page.evaluate((url) => { location.href = url; }, href)]);
        } else {
          const answer = await page.goto(base + route);
          assert.ok([400, 403, 404].includes(answer.status()), `${route}: ${answer.status()}`);
        }
        const shown = await page.evaluate(() => ({ text: document.documentElement.innerText, origin: self.origin, pwned: globalThis.pwned }));
        assert.match(shown.text, /"code":"(FETCH_REFUSED|UPGRADE_WANTED|NOT_FOUND|NO_MACHINE)"/);
        assert.equal(shown.pwned, undefined);
        assert.equal(shown.origin, "null", "what is shown has the wallet's origin");
      }
    assert.deepEqual(await seen(), [], "the peer was asked");
    await clean(context);
    await context.close();
  });

  test(`no page makes the browser take something of ${who}`, { timeout: limit }, async () => {
    const context = await browser.newContext();
    await seen();
    for (const from of [otherSite, otherPort, base]) {
      const page = await context.newPage();
      await page.goto(`${from}/`);
      const failed = await page.evaluate(
        async ({ base, routes, peer, own }) => {
          const tries = {};
          const settle = (name, promise) => {
            const late = new Promise((done) => setTimeout(done, 5000, "silent"));
            tries[name] = Promise.race([promise.then(() => "worked", () => "failed"), late]);
          };
          const element = (tag, set, into = document.head) =>
            new Promise((done, fail) => into.append(Object.assign(document.createElement(tag), set, { onload: done, onerror: fail })));
          for (const [i, route] of routes.entries()) {
            const url = base + route;
            settle(`script ${i}`, element("script", { src: url }));
            settle(`module ${i}`, element("script", { src: url, type: "module" }));
            settle(`style ${i}`, element("link", { href: url, rel: "stylesheet" }));
            settle(`picture ${i}`, element("img", { src: url }));
            settle(`import ${i}`, import(url));
            settle(`socket ${i}`, new Promise((done, fail) => { const s = new WebSocket(url.replace("http", "ws")); s.onopen = done; s.onerror = fail; }));
            settle(`events ${i}`, new Promise((done, fail) => { const s = new EventSource(url); s.onopen = done; s.onerror = (e) => { s.close(); fail(e); }; }));
            if (own) {
              settle(`worker ${i}`, new Promise((done, fail) => { const w = new Worker(url); w.onmessage = done; w.onerror = fail; }));
              settle(`service worker ${i}`, navigator.serviceWorker.register(url, { scope: "/" }));
              settle(`service worker below ${i}`, navigator.serviceWorker.register(url));
              settle(`reading ${i}`, fetch(url).then((r) => { if (!r.ok) throw r; }));
            } else {
              settle(`reading ${i}`, fetch(url));
              settle(`sending ${i}`, fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ peer_nodes_list: [peer] }) }));
            }
            // The outcome of these is not visible here; the peer's ledger
            // records it.
            const over = (name, promise) => settle(name, promise.then(() => { throw name; }));
            over(`blind reading ${i}`, fetch(url, { mode: "no-cors", credentials: "include" }));
            over(`blind sending ${i}`, fetch(url, { mode: "no-cors", method: "POST", body: JSON.stringify({ peer_nodes_list: [peer] }) }));
            navigator.sendBeacon(url, JSON.stringify({ peer_nodes_list: [peer] }));
            for (const tag of ["iframe", "object", "embed"]) over(`${tag} ${i}`, element(tag, { src: url, data: url }, document.body));
            const form = Object.assign(document.createElement("form"), { action: url, method: "post", enctype: "text/plain", target: "_blank" });
            form.append(Object.assign(document.createElement("input"), { name: `{"peer_nodes_list":["${peer}"],"x":"`, value: '"}' }));
            document.body.append(form);
            try { form.submit(); } catch { /* a policy forbids it */ }
            open(url);
          }
          const results = {};
          for (const [name, result] of Object.entries(tries)) results[name] = await result;
          return results;
        },
        { base, routes: routes(peer), peer, own: from === base },
      );
      for (const [name, result] of Object.entries(failed)) {
        // The node's own page may request the machine's WebSockets, which that
        // machine then does not open.
        assert.notEqual(result, "worked", `${name} from ${from}`);
      }
    }
    for (const page of context.pages()) await page.waitForLoadState();
    const asked = await seen();
    // Only the own page's WebSockets reach a machine, and a stranger's peer
    // gets nothing at all.
    for (const line of asked) assert.match(line, /^bonded GET \/api\/v1\/tasks\/(console|vnc|forward)\//);
    if (peer === stranger) assert.deepEqual(asked, []);
    for (const page of context.pages()) {
      const is = await page.evaluate(() => [globalThis.pwned, self.origin]).catch(() => [undefined, "null"]);
      assert.equal(is[0], undefined, page.url());
    }
    await clean(context);
    await context.close();
  });
}

test("what a machine answers to the own page is data", { timeout: limit }, async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${base}/`);
  const answer = await page.evaluate(async (peer) => {
    const r = await fetch("/api/v1/tasks", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ peer_nodes_list: [peer] }),
    });
    return { status: r.status, headers: Object.fromEntries(r.headers), text: await r.text() };
  }, bonded);
  assert.equal(answer.status, 200);
  assert.match(answer.text, /pwned/); // the lie arrived, as bytes
  // The node itself permits the page to read it.
  const names = Object.keys(answer.headers).filter((name) => name !== "vary" && !name.startsWith("access-control-"));
  assert.deepEqual(names.sort(), [
    "cache-control", "content-length", "content-security-policy", "content-type", "cross-origin-resource-policy", "date",
    "referrer-policy", "x-content-type-options", "x-frame-options",
  ]);
  assert.equal(answer.headers["content-type"], "application/octet-stream");
  await clean(context);
  await context.close();
});

test("what a machine signs is checked before it is shown, copied or signed, and blanks no page", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "en", base });
  const r = renter(page, "en");
  const { w, button } = r;
  const say = (said) => fetch(`${pages}/say`, { method: "POST", body: JSON.stringify(said) });
  const faulty = page.getByText("The machine's answer is not in order").first();
  const card = (name) => page.getByRole("heading", { name, exact: true });
  const id = "4a1bC2d3E4f5G6h7J8k9Lm";
  const row = { task_id: id, create_time: "2026-01-31T12:00:00Z", desc: "honest", status: "running", rent_order: "1" };
  const detail = { ...row, image_name: "tiny.qcow2", cpu_cores: "2", gpu_count: "0", mem_size: "2G" };
  const evil = "$(touch /tmp/pwned)aaa";
  const says = ({ tasks = [row], task = detail, sessions = [] }) =>
    say({ "/api/v1/tasks": { tasks }, [`/api/v1/tasks/${id}`]: task, "/api/v1/sessions/list": { sessions } });

  await says({ tasks: [] });
  await importKey(page, r, "en", "Renter", key);
  await page.goto("/rentals/1");
  await r.signIn();
  await page.getByText("No virtual machine yet").waitFor();
  await says({});
  await page.reload();
  await r.status(w.running).waitFor();
  await card("Is it what was promised?").waitFor();
  await page.getByText(`dbc vm verify ${id}`).waitFor();

  for (const [what, said] of [
    ["an id that a shell would run", { tasks: [{ ...row, task_id: evil }] }],
    ["another virtual machine's id, in its detail", { task: { ...detail, task_id: evil } }],
    ["a date that is none", { tasks: [{ ...row, kept_until: "soon" }] }],
    ["a date that is none, in the detail", { task: { ...detail, create_time: "soon" } }],
    ["objects for texts", { task: { ...detail, image_name: { a: 1 }, cpu_cores: [{}] } }],
    ["no list", { tasks: { a: 1 } }],
    ["nothing", { tasks: null }],
    ["a detail that is nothing", { task: null }],
    ["sessions with an id that is signed", { sessions: [{ session_id: evil, rent_order: "1", scope: "read", revoked: false }] }],
    ["sessions of objects", { sessions: [{ session_id: "ab".repeat(32), rent_order: "1", scope: { a: 1 }, revoked: false }] }],
  ]) {
    await says(said);
    await page.reload();
    await faulty.waitFor();
    for (const name of ["Money", "Machine", "Links for colleagues"]) await card(name).first().waitFor();
    for (const command of await page.locator("code").allTextContents()) assert.ok(!command.includes("touch"), `${what}: ${command}`);
  }

  // Words that every object has are no texts of the app.
  await says({ task: { ...detail, status: "creating", steps: [{ name: "__proto__" }, { name: "constructor" }] } });
  await page.reload();
  await page.getByRole("listitem").filter({ hasText: "__proto__" }).waitFor();
  await button("Serial log").waitFor();
  await card("Money").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("other sites' pages get nothing of the chain", { timeout: limit }, async () => {
  const context = await browser.newContext();
  for (const from of [otherSite, otherPort]) {
    const page = await context.newPage();
    await page.goto(`${from}/`);
    const got = await page.evaluate(
      async ({ base, socket }) => {
        const get = (url, init) => fetch(url, init).then((r) => `HTTP ${r.status} ${r.type}`, () => "failed");
        return Promise.all([
          get(`${base}/chain/rpc/status`),
          get(`${base}/chain/rest/cosmos/base/node/v1beta1/status`),
          get(`${base}/chain/rpc`, { method: "POST", body: "{}" }),
          new Promise((done) => { const s = new WebSocket(socket); s.onopen = () => done("opened"); s.onerror = () => done("failed"); }),
          fetch(`${base}/chain/rpc/status`, { mode: "no-cors" }).then((r) => r.type, () => "failed"),
          new Promise((done) => { const e = Object.assign(document.createElement("script"), { src: `${base}/chain/rpc/status`, onload: () => done("ran"), onerror: () => done("failed") }); document.head.append(e); }),
        ]);
      },
      { base, socket: socketURL },
    );
    assert.deepEqual(got, ["failed", "failed", "failed", "failed", "failed", "failed"], from);
    await page.close();
  }
  await context.close();
});

test("a wallet's extension reads, broadcasts and follows", { timeout: limit }, async () => {
  const profile = await mkdtemp(join(tmpdir(), "dbc-web-extension-"));
  const context = await launchWith(profile, resolve(import.meta.dirname, "extension"));
  try {
    const background = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
    const ask = (url, body) => background.evaluate(({ url, body }) => globalThis.ask(url, body), { url, body });
    const rpc = async (method, params = {}) => {
      const { status, json, error } = await ask(`${base}/chain/rpc`, { jsonrpc: "2.0", id: 1, method, params });
      assert.equal(status, 200, error ?? JSON.stringify(json));
      return json.result;
    };
    assert.equal((await rpc("status")).node_info.network, chainId);
    assert.equal((await ask(`${base}/chain/rpc/status`)).status, 200);

    const wallet = await DirectSecp256k1Wallet.fromKey(fromHex(key), "dbc");
    const [{ address }] = await wallet.getAccounts();
    for (const path of [
      `/cosmos/bank/v1beta1/balances/${address}`,
      `/cosmos/authz/v1beta1/grants/granter/${address}`,
      `/cosmos/authz/v1beta1/grants/grantee/${address}`,
      `/cosmos/feegrant/v1beta1/allowances/${address}`,
      `/cosmos/feegrant/v1beta1/issued/${address}`,
    ])
      assert.equal((await ask(`${base}/chain/rest${path}`)).status, 200, path);

    const { account } = (await ask(`${base}/chain/rest/cosmos/auth/v1beta1/accounts/${address}`)).json;
    const signer = await SigningStargateClient.offline(wallet);
    const send = { typeUrl: "/cosmos.bank.v1beta1.MsgSend", value: { fromAddress: address, toAddress: address, amount: [{ denom: "udbc", amount: "1" }] } };
    const signed = await signer.sign(address, [send], { gas: "300000", amount: [{ denom: "udbc", amount: "300000" }] }, "", {
      accountNumber: Number(account.account_number), sequence: Number(account.sequence), chainId,
    });
    const follow = (query, events) => background.evaluate(({ url, query, events }) => globalThis.follow(url, query, events), { url: socketURL, query, events });
    const blocks = follow("tm.event='NewBlock'", 2);
    const included = follow("tm.event='Tx'", 1);
    await blocks; // both sockets are open by the second block
    const sent = await rpc("broadcast_tx_sync", { tx: toBase64(TxRaw.encode(signed).finish()) });
    assert.equal(sent.code, 0, sent.log);
    const [, event] = await included;
    assert.equal(event.result.events["tx.hash"][0], sent.hash);

    const no = await background.evaluate(({ url }) => globalThis.call(url, "net_info"), { url: socketURL });
    assert.equal(no.error.code, -32600);
    const held = await background.evaluate(({ url }) => globalThis.hold(url, 20), { url: socketURL });
    assert.ok(held > 0 && held <= 8, `${held} sockets of one extension`);

    // An extension reaches only the chain.
    assert.equal((await ask(`${base}/api/v1/tasks`, { peer_nodes_list: [bonded] })).status, 403);
    assert.equal((await ask(`${base}/api/v1/machines`, {})).status, 403);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
});
