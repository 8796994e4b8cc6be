// Answers that are lost between the page and the chain, and pages and browsers
// that end meanwhile: nothing is paid twice.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { password, renter } from "./app.mjs";
import { executable, launch, open } from "./browser.mjs";
import { accessible } from "./check.mjs";
import { rest, secretOf } from "./host.mjs";
import { install } from "./keplr.mjs";

const { toBech32 } = createRequire(new URL("../cosmjs/package.json", import.meta.url))("@cosmjs/encoding");
const { BASE: base, MACHINE: machine } = process.env;
/** limit ends a test that hangs, in ms. */
const limit = 900_000;
const amount = 5_000_000n;
const said = { en: "Sent, may still be included", zh: "已发送，仍可能被打包" };

const somebody = () => toBech32("dbc", randomBytes(20));

async function balance(address) {
  const { balance } = await rest(`/cosmos/bank/v1beta1/balances/${address}/by_denom?denom=udbc`);
  return BigInt(balance.amount);
}

const accountPath = "/cosmos.auth.v1beta1.Query/AccountInfo";

/** accountInfo returns the node's answer to the app's question for an account. */
async function accountInfo(address) {
  const data = Buffer.from([0x0a, address.length, ...Buffer.from(address)]).toString("hex");
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "abci_query", params: { path: accountPath, data, height: "0", prove: false } });
  const answer = await fetch(`${base}/chain/rpc`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  assert.ok(answer.ok, `HTTP ${answer.status}`);
  return answer.text();
}

/** until waits for a state of the chain. */
async function until(what, ok) {
  const end = Date.now() + 120_000;
  for (;;) {
    if (await ok()) return;
    if (Date.now() > end) throw new Error(`it did not come to this: ${what}`);
    await new Promise((done) => setTimeout(done, 300));
  }
}

/** blocks waits for the given number of blocks. */
async function blocks(count) {
  const height = async () => Number((await rest("/cosmos/base/tendermint/v1beta1/blocks/latest")).block.header.height);
  const from = await height();
  await until(`${count} blocks`, async () => (await height()) >= from + count);
}

/**
 * indexed waits until the node's index, which lags behind the state, has the
 * last transaction of an account.
 */
async function indexed(from) {
  const { info } = await rest(`/cosmos/auth/v1beta1/account_info/${from}`);
  if (info.sequence === "0") return;
  const query = encodeURIComponent(`tx.acc_seq='${from}/${Number(info.sequence) - 1}'`);
  await until("the index has the last transaction", async () => (await rest(`/cosmos/tx/v1beta1/txs?query=${query}`)).tx_responses.length > 0);
}

/**
 * paid checks what left an account: what others received, and the gas in its
 * transactions.
 */
async function paid(from, had, received) {
  await indexed(from);
  const query = encodeURIComponent(`message.sender='${from}'`);
  const { tx_responses: list } = await rest(`/cosmos/tx/v1beta1/txs?query=${query}&pagination.limit=100`);
  const fees = list.map(({ tx }) => BigInt(tx.auth_info.fee.amount[0]?.amount ?? 0)).reduce((sum, fee) => sum + fee, 0n);
  assert.equal(had - (await balance(from)), received + fees, "the account paid something else than what was received, and gas");
  return list.length;
}

/**
 * between lets a fault answer the page's next transaction; all, which may be
 * changed, answers everything.
 */
async function between(context, fault) {
  const proxy = { fault, all: undefined, sent: 0 };
  await context.route("**/chain/rpc", async (route) => {
    if (proxy.all) return proxy.all(route);
    const body = route.request().postDataJSON();
    if (body.method !== "broadcast_tx_sync") return route.continue();
    proxy.sent++;
    const now = proxy.fault;
    proxy.fault = undefined;
    return now ? now(route, proxy) : route.continue();
  });
  return proxy;
}

const cut = (route) => route.abort("connectionreset").catch(() => {});

const faults = {
  "the answer is lost": async (route) => {
    await route.fetch();
    await cut(route);
  },
  "the request is lost": cut,
  "something between answers": async (route) => {
    await route.fetch();
    await route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" });
  },
  "the request comes twice": async (route) => {
    await route.fetch();
    await route.fulfill({ response: await route.fetch() });
  },
  "the answer is late": async (route) => {
    const response = await route.fetch();
    await new Promise((done) => setTimeout(done, 15_000)); // this delay is what the test is about
    await route.fulfill({ response }).catch(() => {});
  },
  "the answer is cut off": async (route) => {
    const text = await (await route.fetch()).text();
    await route.fulfill({ status: 200, contentType: "application/json", body: text.slice(0, 40) });
  },
};

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** payer returns a page whose wallet has coins. */
async function payer(lang = "en") {
  const opened = await open(browser, { lang, base });
  const r = renter(opened.page, lang);
  await r.createWallet();
  await r.faucet();
  const address = await opened.page.evaluate(() => localStorage.getItem("dbc.account"));
  return { ...opened, ...sender(opened.page, r), r, address, had: await balance(address) };
}

function sender(page, r) {
  return {
    /** fill fills in the form and proceeds to the signature. */
    async fill(to) {
      await page.goto("/wallet");
      await r.button(r.w.send).click();
      await r.dialog().getByLabel(r.w.to, { exact: true }).fill(to);
      await r.dialog().getByLabel(r.w.amount, { exact: true }).fill("5");
      await r.button(r.w.continue, r.dialog()).click();
      const field = r.dialog().getByLabel(r.w.password, { exact: true });
      await r.button(r.w.sign, r.dialog()).waitFor();
      if (await field.count()) await field.fill(password);
    },
    async sign() {
      await r.button(r.w.sign, r.dialog()).click();
    },
    note: (lang = "en") => page.getByRole("main").getByText(said[lang], { exact: true }),
  };
}

test("one click pays once, whatever happens to the answer", { timeout: limit }, async () => {
  const { page, context, faults: seen, fill, sign, r, address, had } = await payer();
  const proxy = await between(context);
  let received = 0n;
  for (const [name, fault] of Object.entries(faults)) {
    const to = somebody();
    proxy.fault = fault;
    await fill(to);
    await sign();
    await r.dialog().waitFor({ state: "detached" });
    await page.getByText(/is in a block$/).first().waitFor();
    assert.equal(await balance(to), amount, name);
    received += amount;
    assert.equal(await paid(address, had, received), Number(received / amount), name);
  }
  assert.deepEqual(seen, []);
  await context.close();
});

test("while nobody answers the page tells the hash, signs nothing, and finds out", { timeout: limit }, async () => {
  const { page, context, fill, sign, note, r, address, had } = await payer();
  const proxy = await between(context);
  const to = somebody();
  proxy.fault = async (route) => {
    await route.fetch();
    proxy.all = cut;
    await cut(route);
  };
  await fill(to);
  await sign();
  const told = r.dialog().getByText(/^Sent, may still be included: transaction [0-9A-F]{64}$/);
  await told.waitFor();
  const [hash] = /[0-9A-F]{64}/.exec(await told.textContent());
  await accessible(page, "a dialog whose answer is lost");
  await r.button("Close and go on", r.dialog()).click();
  await note().waitFor();
  await page.getByRole("main").getByText(hash).waitFor();
  await accessible(page, "a page with something sent");
  proxy.all = undefined;
  await note().waitFor({ state: "detached" });
  const { tx_response: tx } = await rest(`/cosmos/tx/v1beta1/txs/${hash}`);
  assert.equal(tx.code, 0);
  assert.equal(await balance(to), amount);
  assert.equal(await paid(address, had, amount), 1);
  await context.close();
});

for (const [name, arrives] of [["before it left", false], ["before its answer", true]])
  test(`a page that is loaded anew ${name} finds the transaction, and pays once`, { timeout: limit }, async () => {
    const { page, context, fill, sign, note, address, had } = await payer();
    const proxy = await between(context);
    const to = somebody();
    let reloaded;
    const held = new Promise((done) => {
      proxy.fault = async (route) => {
        if (arrives) await route.fetch();
        proxy.all = cut;
        reloaded = page.reload().finally(done);
      };
    });
    await fill(to);
    await sign();
    await held;
    await reloaded;
    proxy.all = undefined;
    await until("received", async () => (await balance(to)) === amount);
    await note().waitFor({ state: "detached" });
    assert.equal(await paid(address, had, amount), 1);
    await context.close();
  });

test("the same wish after a lost answer gets the first one's result; after that it is a new one", { timeout: limit }, async () => {
  const { page, context, fill, sign, r, address, had } = await payer();
  const proxy = await between(context);
  const to = somebody();
  const before = await accountInfo(address);
  const held = new Promise((done) => {
    proxy.fault = async (route) => {
      await route.fetch();
      // As while it waits for its block, however soon that comes.
      proxy.all = (other) => {
        const { method, params } = other.request().postDataJSON();
        if (method === "tx_search") return cut(other);
        if (params.path === accountPath) return other.fulfill({ contentType: "application/json", body: before });
        return other.continue();
      };
      await cut(route);
      done();
    };
  });
  await fill(to);
  await sign();
  await held;
  await page.reload();
  await fill(to); // the form is usable while earlier transactions are looked up
  await sign();
  await r.dialog().getByText(r.w.queue).waitFor();
  proxy.all = undefined;
  await r.dialog().waitFor({ state: "detached" });
  await page.getByText(/^Nothing was signed/).waitFor();
  assert.equal(await balance(to), amount);
  assert.equal(await paid(address, had, amount), 1);
  await fill(to);
  await sign();
  await r.dialog().waitFor({ state: "detached" });
  assert.equal(await balance(to), 2n * amount);
  assert.equal(await paid(address, had, 2n * amount), 2);
  await context.close();
});

test("what was never sent and can be no more is told, and the account goes on", { timeout: limit }, async () => {
  const { page, context, fill, sign, note, r, address, had } = await payer();
  const proxy = await between(context);
  const to = somebody();
  let reloaded;
  const held = new Promise((done) => {
    proxy.fault = async () => {
      proxy.all = cut;
      reloaded = page.reload().finally(done);
    };
  });
  await fill(to);
  await sign();
  await held;
  await reloaded;
  await note().waitFor();
  await blocks(36);
  proxy.all = undefined;
  await page.getByText("was not carried out, and will not be").waitFor();
  assert.equal(await balance(to), 0n);
  assert.equal(await balance(address), had);
  await fill(to);
  await sign();
  await r.dialog().waitFor({ state: "detached" });
  assert.equal(await balance(to), amount);
  await context.close();
});

test("two tabs sign one after the other", { timeout: limit }, async () => {
  const { page, context, fill, sign, r, address, had } = await payer();
  const proxy = await between(context);
  const second = await context.newPage();
  second.setDefaultTimeout(240_000);
  const r2 = renter(second, "en");
  const other = sender(second, r2);
  const [one, two] = [somebody(), somebody()];
  let release;
  const held = new Promise((done) => {
    proxy.fault = async (route) => {
      await new Promise((go) => {
        release = go;
        done();
      });
      await route.fetch();
      await cut(route);
    };
  });
  await fill(one);
  await other.fill(two);
  await sign();
  await held;
  await other.sign();
  await r2.dialog().getByText(r.w.queue).waitFor();
  assert.equal(proxy.sent, 1, "both tabs sent");
  release();
  await Promise.all([r.dialog().waitFor({ state: "detached" }), r2.dialog().waitFor({ state: "detached" })]);
  assert.equal(await balance(one), amount);
  assert.equal(await balance(two), amount);
  assert.equal(await paid(address, had, 2n * amount), 2);
  await context.close();
});

test("a rental whose answer is lost is paid once, and its page opens", { timeout: limit }, async () => {
  const { page, context, r, address } = await payer("zh");
  const proxy = await between(context);
  proxy.fault = faults["the answer is lost"];
  const id = await r.rent(machine, "30m");
  const { rental } = await rest(`/dbc/rental/v1/rentals/${id}`);
  assert.equal(rental.renter, address);
  await page.goto("/wallet");
  await context.close();
});

test("Keplr's signature is kept and sent as the wallet's own is", { timeout: limit }, async () => {
  const { page, context } = await open(browser, { lang: "en", base });
  const { address } = await install(page, await secretOf("devnet-owner"));
  const r = renter(page, "en");
  const { fill, sign } = sender(page, r);
  await page.goto("/wallet");
  await page.getByRole("button", { name: /Keplr/ }).first().click();
  await page.getByTestId("balance").filter({ hasText: /\d/ }).waitFor();
  const had = await balance(address);
  const proxy = await between(context, faults["the answer is lost"]);
  const to = somebody();
  await fill(to);
  await sign();
  await r.dialog().waitFor({ state: "detached" });
  assert.equal(await balance(to), amount);
  assert.equal(proxy.sent, 1);
  assert.ok(had - (await balance(address)) < amount + 100_000n);
  await context.close();
});

test("a browser that is killed before the answer finds the transaction when it starts again", { timeout: limit }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "dbc-web-browser-"));
  let running = await start(folder);
  try {
    const r = renter(running.page, "en");
    await r.createWallet();
    await r.faucet();
    const { fill, sign } = sender(running.page, r);
    const address = await running.page.evaluate(() => localStorage.getItem("dbc.account"));
    const had = await balance(address);
    const proxy = await between(running.context);
    const to = somebody();
    const held = new Promise((done) => {
      proxy.fault = async (route) => {
        await route.fetch();
        done();
      };
    });
    await fill(to);
    await sign();
    await held;
    await running.kill();
    running = await start(folder);
    await running.page.goto("/wallet");
    await running.page.getByText(/was carried out/).first().waitFor();
    assert.equal(await balance(to), amount);
    assert.equal(await paid(address, had, amount), 1);
  } finally {
    await running.kill();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

/**
 * start returns a page of a browser that stores its data in a folder, and can
 * be killed.
 */
async function start(folder) {
  const args = ["--headless=new", "--disable-gpu", "--remote-debugging-port=0", `--user-data-dir=${folder}`, "--lang=en-GB"];
  if (process.getuid() === 0) args.push("--no-sandbox");
  const child = spawn(executable(), [...args, "about:blank"], { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const url = await new Promise((done, fail) => {
    let text = "";
    child.once("close", (code) => fail(new Error(`the browser ended: ${code}: ${text}`)));
    child.stderr.on("data", (data) => {
      text += data;
      const [, found] = /DevTools listening on (ws:\S+)/.exec(text) ?? [];
      if (found) done(found);
    });
  });
  const remote = await chromium.connectOverCDP(url);
  const [context] = remote.contexts();
  const page = await context.newPage();
  page.setDefaultTimeout(240_000);
  const go = page.goto.bind(page);
  page.goto = (path) => go(new URL(path, base).href);
  return {
    page,
    context,
    async kill() {
      const gone = new Promise((done) => (child.exitCode === null && child.signalCode === null ? child.once("close", done) : done()));
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It is gone.
      }
      await gone;
    },
  };
}
