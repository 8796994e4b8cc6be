// The rest: on a devnet with short windows, where a trial is over in a minute.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { renter } from "./app.mjs";
import { launch, open } from "./browser.mjs";
import { accessible, shoot } from "./check.mjs";
import { clientNode } from "./node.mjs";

const { BASE: base, MACHINE: machine } = process.env;
/** firstLoad bounds what the first page takes from the node, in bytes of zipped bodies. */
const firstLoad = 300_000;

/** limit ends a test that hangs, in ms. */
const limit = 1_500_000;

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
  let bytes = 0;
  const sizes = [];
  page.on("requestfinished", (request) =>
    sizes.push(request.sizes().then(({ responseBodySize }) => (bytes += responseBodySize))),
  );
  const answer = await page.goto("/");
  assert.match(answer.headers()["content-security-policy"], /default-src 'none'/);
  await page.getByRole("list").getByRole("link").first().waitFor();
  await Promise.all(sizes);
  assert.ok(bytes > 50_000 && bytes < firstLoad, `the first page takes ${bytes} bytes`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false, "the page scrolls sideways");
  await accessible(page, "machines on a phone");
  await shoot(page, "zh-machines-phone-dark");
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
  await page.getByText(r.w.nodeAway).waitFor();
  // What is asked meanwhile fails with what to do about it.
  // The choice stands in the address, from which the page takes it a moment later.
  await page.getByRole("radio", { name: r.w.all, exact: true }).click();
  await page.getByRole("radio", { name: r.w.all, exact: true, checked: true }).waitFor();
  await page.getByText("Start the client node again").first().waitFor();
  await node.start();
  await page.getByText(r.w.nodeAway).waitFor({ state: "detached" });
  await page.getByRole("table").getByRole("link").first().waitFor();
  await context.close();
});

test("a node that is away is told, and the page goes on by itself", { timeout: limit }, async () => {
  const { page, context } = await open(browser, { lang: "en", base });
  await page.goto("/machines");
  await page.getByRole("table").getByRole("link").first().waitFor();
  await context.setOffline(true);
  await page.getByText(renter(page, "en").w.nodeAway).waitFor();
  await context.setOffline(false);
  await page.getByText(renter(page, "en").w.nodeAway).waitFor({ state: "detached" });
  await context.close();
});
