// The other pages: on a devnet with short windows, where a trial is over in a
// minute.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { renter } from "./app.mjs";
import { launch, open } from "./browser.mjs";
import { accessible, shoot } from "./check.mjs";
import { dbc, rest, udbc } from "./host.mjs";
import { clientNode } from "./node.mjs";

const { BASE: base, MACHINE: machine } = process.env;
/**
 * firstLoad bounds what the first page loads from the node, in bytes of
 * compressed bodies.
 */
const firstLoad = 250_000;
/**
 * developerLoad bounds what the Developer page loads, and minute the requests
 * of an idle rental page in a minute: DESIGN's budgets.
 */
const developerLoad = 450_000;
const minute = 12;

/** limit ends a test that hangs, in ms. */
const limit = 1_500_000;

/**
 * told compares what a rental's page says was returned in addition to the rent
 * with the chain, to the udbc, and returns the rental.
 */
async function told(page, id, part, amountOf) {
  const fact = async (name) => udbc(await page.getByText(name, { exact: true }).locator("xpath=following-sibling::*[1]").textContent());
  const sum = await fact("Came back to you");
  const { rental } = await rest(`/dbc/rental/v1/rentals/${id}`);
  const rent = BigInt(rental.paid) - BigInt(rental.claimed);
  const amount = amountOf(rental);
  assert.ok(amount > 0n);
  assert.equal(await fact("Rent that came back"), rent);
  assert.equal(await fact(part), amount);
  assert.equal(sum, rent + amount);
  return rental;
}

/**
 * keptDisks looks up what the machine keeps of a rental that is over, where
 * nothing is rented any more.
 */
async function keptDisks(page, { w, button, approve, go }, id) {
  const says = async (within) => {
    const shown = within.getByText("Id for --restore", { exact: true });
    const nothing = within.getByText("This machine keeps nothing for you.");
    // The machine follows the chain a moment later.
    do {
      await button("Ask what it keeps", within).click();
      await approve(w.signText);
      await shown.or(nothing).first().waitFor();
    } while (await nothing.count());
    const facts = await within.locator("dl > div").filter({ hasText: "Id for --restore" }).locator("..").textContent();
    assert.match(facts, new RegExp(`Rental${id}Kept until\\d`));
    return within.locator(".mono[title]").last().getAttribute("title");
  };
  await go("rentals");
  const card = page.locator("section").filter({ has: page.getByRole("heading", { name: "Disks kept after the end", exact: true }) });
  await page.getByText("No rentals yet").waitFor();
  await card.getByText(new RegExp(`Rental ${id}, until .* at the latest$`)).waitFor();
  const task = await says(card);
  await accessible(page, "kept disks");
  await page.goto(`/rentals/${id}`);
  const after = page.locator("section").filter({ has: page.getByRole("heading", { name: "The rental is over", exact: true }) });
  assert.equal(await says(after), task);
  return task;
}

/**
 * goOn rents the machine again for the kept disks of a rental, as its page
 * offers, and returns when a new virtual machine runs with them.
 */
async function goOn(page, r, old, task) {
  const { w, button, approve } = r;
  await page.getByRole("link", { name: "Rent again with these disks", exact: true }).click();
  await page.getByText("The form for the virtual machine will then propose the kept disks.").waitFor();
  const id = await r.rentThis("10m");
  assert.notEqual(id, old);
  await r.confirmUntried();
  await approve(w.confirm);
  await r.state(w.active).waitFor();
  // Loaded anew, the page still knows which disks, and the machine is asked again.
  await page.reload();
  await r.signIn();
  await button(w.createVm).first().click();
  const disks = page.getByLabel("Disks", { exact: true });
  const chosen = disks.locator("option:checked");
  await chosen.filter({ hasText: `Kept ones of ${task}` }).waitFor({ state: "attached" });
  assert.equal(await page.getByLabel("Image", { exact: true }).count(), 0, "the disks have an image");
  await button("Ask what it keeps").click();
  await approve(w.signText);
  await chosen.filter({ hasText: `Kept ones of rental ${old}, until ` }).waitFor({ state: "attached" });
  await accessible(page, "create with kept disks");
  await disks.selectOption({ label: "New ones, from an image" });
  await page.getByLabel("Image", { exact: true }).waitFor();
  await disks.selectOption(task);
  await button(w.createNow).click();
  await page.getByRole("dialog").getByText(task, { exact: true }).waitFor(); // the wallet signs for which disks
  await approve(w.createNow);
  await r.status(w.running).waitFor();
  assert.equal(new URL(page.url()).search, "", "a second virtual machine is a new one");
}

/** fingerprint returns the SSH host key's, as ssh prints it. */
function fingerprint(page) {
  return page.locator("code", { hasText: /^SHA256:/ }).first().textContent();
}

/**
 * weigh returns a function that returns how many bytes a page has loaded so
 * far, as transferred.
 */
function weigh(page) {
  let bytes = 0;
  const sizes = [];
  page.on("requestfinished", (request) =>
    sizes.push(request.sizes().then(({ responseBodySize }) => (bytes += responseBodySize))),
  );
  return async () => {
    await Promise.all(sizes);
    return bytes;
  };
}

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("a trial that nobody confirms is refunded, and the page tells", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "en", base });
  const r = renter(page, "en");
  await r.createWallet();
  await r.faucet();
  await r.rent(machine, "10m");
  await r.state(r.w.refunded).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("the first page is small, strict and usable on a phone, in the dark", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "zh", base, dark: true, phone: true });
  const load = weigh(page);
  const answer = await page.goto("/");
  assert.match(answer.headers()["content-security-policy"], /default-src 'none'/);
  await page.getByRole("list").getByRole("link").first().waitFor();
  const bytes = await load();
  assert.ok(bytes > 50_000 && bytes < firstLoad, `the first page takes ${bytes} bytes`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false, "the page scrolls sideways");
  await accessible(page, "machines on a phone");
  await shoot(page, "zh-machines-phone-dark");
  assert.deepEqual(faults, []);
  await context.close();
});

test("the Developer page is light, and a rental's page asks little while nothing happens", { timeout: limit }, async (t) => {
  const { page, context, faults } = await open(browser, { lang: "en", base });
  const r = renter(page, "en");
  const load = weigh(page);
  await page.goto("/developer");
  await page.getByLabel("Message", { exact: true }).waitFor();
  await page.waitForLoadState("networkidle");
  const bytes = await load();
  t.diagnostic(`the Developer page takes ${bytes} bytes`);
  assert.ok(bytes > 50_000 && bytes < developerLoad, `the Developer page takes ${bytes} bytes`);

  await r.createWallet();
  await r.faucet();
  await r.rent(machine, "3m"); // over before a later test needs its slot
  await r.signIn();
  await r.button(r.w.createVm).first().waitFor();
  await r.confirmUntried();
  await r.approve(r.w.confirm);
  await r.state(r.w.active).waitFor();
  await page.waitForTimeout(5_000); // the effects of the confirmation are over
  const asked = [];
  page.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await page.waitForTimeout(60_000);
  t.diagnostic(asked.join(", "));
  assert.ok(asked.length <= minute, `${asked.length} requests in a minute: ${asked.join(", ")}`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("code that does not come is asked for again; where it stays away, the page says so and offers to try again", { timeout: limit }, async () => {
  // The page's own code, a part that others need too, and the page's style;
  // each in a browser with an empty cache.
  for (const part of [/\/assets\/WalletPage-.*\.js$/, /\/assets\/Field-.*\.js$/, /\/assets\/WalletPage-.*\.css$/]) {
    const { page, context, faults } = await open(browser, { lang: "en", base });
    let failures = 2;
    await page.route(part, (route) => (failures-- > 0 ? route.abort() : route.continue()));
    await page.goto("/wallet");
    await page.getByRole("heading", { level: 1, name: "Wallet", exact: true }).waitFor();
    assert.ok(failures < 0, `${part} was not asked for again`);
    const rules = await page.evaluate(() => [...document.styleSheets].find(({ href }) => /WalletPage-.*\.css$/.test(href)).cssRules.length);
    assert.ok(rules > 0, `without its style for lack of ${part}`);
    assert.deepEqual(faults, []);
    await context.close();
  }

  const { page, context, faults } = await open(browser, { lang: "en", base });
  const heading = (name) => page.getByRole("heading", { level: 1, name, exact: true });
  const { button } = renter(page, "en");

  const away = /\/assets\/WalletPage-.*\.js$/;
  await page.route(away, (route) => route.abort());
  await page.goto("/wallet");
  await heading("This page failed").waitFor();
  await page.getByText("A part of the app did not come from the client node").waitFor();
  await accessible(page, "a page whose code is away");
  await page.unroute(away);
  await button("Load it again").click();
  await heading("Wallet").waitFor();

  // Without the app's first code, the page itself says what to do.
  const first = /\/assets\/index-.*\.js$/;
  await page.route(first, (route) => route.abort());
  await page.goto("/wallet");
  await page.getByText("check that the client node runs").waitFor();
  await accessible(page, "a page without its first code");
  await page.unroute(first);
  await page.reload();
  await heading("Wallet").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("a browser that can't read what it keeps, or keeps nothing, is told of", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "en", base });
  await page.addInitScript(() => {
    let failures = 1;
    const { open } = IDBFactory.prototype;
    IDBFactory.prototype.open = function (...args) {
      if (args[0] === "dbc-wallet" && failures-- > 0) throw new DOMException("Internal error opening backing store", "UnknownError");
      return open.apply(this, args);
    };
  });
  for (const path of ["/wallet", "/rentals", "/host"]) {
    await page.goto(path);
    await page.getByText("What this browser keeps of your wallet could not be read").waitFor();
    await page.getByRole("button", { name: "Try again", exact: true }).click();
    await page.getByRole("heading", { level: 1 }).waitFor();
  }
  await page.addInitScript(() => {
    const denied = () => {
      throw new DOMException("Access is denied for this document.", "SecurityError");
    };
    Object.defineProperty(window, "localStorage", { get: denied });
  });
  await page.goto("/wallet");
  await page.getByText("This browser keeps nothing for this page").waitFor();
  await accessible(page, "a browser that keeps nothing");
  assert.deepEqual(faults, []);
  await context.close();
});

test("a client node that is killed and started again: the page tells, and goes on by itself", { timeout: limit }, async (t) => {
  const node = await clientNode();
  t.after(() => node.remove());
  const { page, context } = await open(browser, { lang: "en", base: node.base });
  const r = renter(page, "en");
  await node.start();
  await r.createWallet();
  await page.goto("/machines?show=online");
  await page.getByRole("table").getByRole("link").first().waitFor();
  await node.kill();
  await page.getByRole("banner").getByText(r.w.nodeAway).waitFor();
  // Requests meanwhile fail with what to do about it. The choice is in the
  // address, from which the page takes it a moment later.
  await page.getByRole("radio", { name: r.w.all, exact: true }).click();
  await page.getByRole("radio", { name: r.w.all, exact: true, checked: true }).waitFor();
  await page.getByText("Start the client node again").first().waitFor();
  await node.start();
  await page.getByRole("banner").getByText(r.w.nodeAway).waitFor({ state: "detached" });
  await page.getByRole("table").getByRole("link").first().waitFor();
  await context.close();
});

test("a node that is away is told, and the page goes on by itself", { timeout: limit }, async () => {
  const { page, context } = await open(browser, { lang: "en", base });
  await page.goto("/machines");
  await page.getByRole("table").getByRole("link").first().waitFor();
  await context.setOffline(true);
  await page.getByRole("banner").getByText(renter(page, "en").w.nodeAway).waitFor();
  await context.setOffline(false);
  await page.getByRole("banner").getByText(renter(page, "en").w.nodeAway).waitFor({ state: "detached" });
  await context.close();
});

test("pages that are opened while the node is away come by themselves, once it is back", { timeout: limit }, async () => {
  const { page, context } = await open(browser, { lang: "en", base });
  const r = renter(page, "en");
  const heading = (name) => page.getByRole("heading", { level: 1, name, exact: true });
  await page.goto("/machines");
  await page.getByRole("table").getByRole("link").first().waitFor();
  // Not even the page's code is here.
  await context.setOffline(true);
  await r.go("rentals");
  await heading("This page failed").waitFor();
  await context.setOffline(false);
  await heading("My rentals").waitFor();
  await page.getByText("Set one up, or open the wallet").waitFor();

  // The page's code is here, and nothing else.
  await r.createWallet();
  let away = false;
  await page.route(/\/(api|chain)\//, (route) => (away ? route.abort() : route.fallback()));
  // What the chain pushes would say that node and chain are there.
  await page.routeWebSocket(/\/chain\//, (socket) => void (away ? socket.close() : socket.connectToServer()));
  for (const [path, comes] of [
    ["/wallet", page.getByTestId("balance").filter({ hasText: "0 DBC" })],
    ["/rentals", page.getByText("No rentals yet")],
    [`/machines/${machine}`, r.button(r.w.rent)],
  ]) {
    away = true;
    await page.goto(path);
    await page.getByRole("banner").getByText(r.w.nodeAway).waitFor();
    away = false;
    await comes.waitFor();
    assert.equal(await page.getByRole("alert").count(), 0, `${path}: what failed is still shown as failed`);
  }
  await context.close();
});

test("what others wrote turns no text around it, and hides nothing", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "en", base });
  await page.route("**/api/v1/machines", async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    for (const one of body.message.machines) one.city = "Ber\u202enil\u200b\u2066x";
    await route.fulfill({ response, json: body });
  });
  const shown = "Ber\\u202enil\\u200b\\u2066x";
  await page.goto("/machines");
  await page.getByRole("table").getByText(shown).first().waitFor();
  await page.goto(`/machines/${machine}`);
  await page.getByText(shown).first().waitFor();
  assert.doesNotMatch(await page.evaluate(() => document.documentElement.textContent + document.title), /[\u200b\u202a-\u202e\u2066-\u2069]/);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a client node, or a chain node, that stands still is told as what it is", { timeout: limit }, async () => {
  const { page, context } = await open(browser, { lang: "en", base });
  const { processes } = JSON.parse(await readFile(`${process.env.DBC_HOME}/devnet/devnet.json`, "utf8"));
  await page.goto("/machines");
  await page.getByRole("table").getByRole("link").first().waitFor();
  for (const [name, told] of [["client0", "The client node does not answer"], ["dbcd", "The chain does not answer"]]) {
    const note = page.getByRole("banner").getByText(told, { exact: true });
    process.kill(processes[name].pid, "SIGSTOP");
    try {
      await note.waitFor();
    } finally {
      process.kill(processes[name].pid, "SIGCONT");
    }
    await note.waitFor({ state: "detached" });
  }
  await context.close();
});

test("a renter whose machine was offline too long ends the rental, has the rest back with a penalty, and the disks kept", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "en", base });
  const r = renter(page, "en");
  const { w, button, dialog } = r;
  await r.createWallet();
  await r.faucet();
  const id = await r.rent(machine, "10m");
  await r.confirmUntried();
  await r.approve(w.confirm);
  await r.state(w.active).waitFor();
  await r.signIn();
  await r.createVm();
  const address = (await rest(`/dbc/rental/v1/rentals/${id}`)).rental.renter;
  const balance = async () => BigInt((await rest(`/cosmos/bank/v1beta1/balances/${address}/by_denom?denom=udbc`)).balance.amount);
  const had = await balance();

  // Somebody else tries the machine meanwhile; that trial ends with it.
  const other = await open(browser, { lang: "en", base });
  const o = renter(other.page, "en");
  await o.createWallet();
  await o.faucet();
  const tried = await o.rent(machine, "10m");
  await o.state(w.trial).waitFor();

  // The page reports the outage without a reload. Before it is too long, nobody
  // can end anything.
  await dbc(`dbc host offline ${machine} --yes --wallet devnet-operator`);
  await page.getByText(w.offlineNow, { exact: true }).waitFor();
  await page.getByText("It can't be renewed while the machine is offline").waitFor();
  assert.equal(await button(w.renew).isDisabled(), true);
  const end = button(w.endForOutage);
  assert.equal(await end.isDisabled(), true); // while the outage is short, so before anything is waited for
  await o.state(w.refunded).waitFor();
  const spoiled = await told(other.page, tried, "Fee that came back", (rental) => BigInt(rental.fee));
  assert.equal(spoiled.from_stake, spoiled.fee, "the stake pays as much to the community pool");
  await other.page.goto(`/machines/${machine}`);
  await other.page.getByText("It can't be rented while it is offline").waitFor();
  assert.equal(await o.button(w.rent).count(), 0);
  await other.context.close();
  await page.reload();
  await page.getByText(w.offlineNow, { exact: true }).waitFor();
  await r.status(w.running).waitFor(); // what never ran leaves nothing to keep
  const hostKey = await fingerprint(page);
  await end.click(); // waits until it is clickable
  await dialog().getByText(w.penaltyOnTop).waitFor();
  await accessible(page, "end for the outage");
  await shoot(page, "en-outage");
  // A reload while it waits for its signature signs nothing.
  await page.reload();
  await r.state(w.active).waitFor();
  assert.equal(await dialog().count(), 0);
  await end.click();
  await r.approve();
  await r.state(w.broken).waitFor();
  assert.equal(await end.count(), 0);

  // The host keeps what was paid for the time that the machine was available;
  // everything else was returned, with the penalty.
  const rental = await told(page, id, "Penalty from the host's stake", (r) => BigInt(r.from_stake) - BigInt(r.held_penalty));
  assert.equal(rental.state, "RENTAL_STATE_BROKEN");
  const unearned = BigInt(rental.paid) - BigInt(rental.claimed);
  assert.ok(unearned > 0n);
  const gas = 100_000n; // more than one transaction's
  const paid = unearned + BigInt(rental.from_stake) - ((await balance()) - had);
  assert.ok(paid > 0n && paid < gas, "all came but the transaction's fee");
  await page.goto(`/rentals/${id}/explain`);
  await page.getByText("The renter ended the rental after too long an outage", { exact: true }).waitFor();
  const task = await keptDisks(page, r, id);
  await dbc(`dbc host online --wallet devnet-operator --node-home ${process.env.DBC_HOME}/devnet/mining`);
  await goOn(page, r, id, task);
  assert.equal(await fingerprint(page), hostKey, "it is the machine that it was");
  assert.deepEqual([...faults, ...other.faults], []);
  await context.close();
});
