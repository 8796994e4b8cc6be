// Reads the documentation of a client node: search in both languages, its
// policy, and that it is apart from the wallet whose address it shares.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { accessible } from "./check.mjs";

const base = process.env.BASE;
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** read opens a page, and returns what it asked other hosts for. */
async function read(look, path) {
  const opened = await open(browser, { base, ...look });
  const strangers = [];
  opened.page.on("request", (request) => {
    if (!request.url().startsWith(`${base}/docs`) && !request.url().startsWith("data:")) strangers.push(request.url());
  });
  const answer = await opened.page.goto(path);
  assert.equal(answer.status(), 200);
  await opened.page.waitForLoadState("networkidle");
  return { ...opened, strangers };
}

for (const [lang, start, button, asked, heading] of [
  ["en", "/docs/", "Search", "quarantined", /^Documentation/],
  ["zh", "/docs/zh/", "搜索", "解除质押", /^文档/],
]) {
  test(`search in ${lang}`, async () => {
    const { page, faults, strangers, context } = await read({ lang }, start);
    assert.match(await page.locator("h1").innerText(), heading);
    await page.locator(".search-open", { hasText: button }).click();
    await page.getByRole("searchbox").fill(asked);
    const hits = page.locator(".search-box li a");
    await hits.first().waitFor();
    await accessible(page, `search in ${lang}`, false);
    const [first] = await hits.allInnerTexts();
    await page.getByRole("searchbox").press("Enter");
    await page.waitForURL((url) => url.pathname !== start);
    const opened = (await page.locator("h1").innerText()).replace("\u200b", "").trim(); // with an invisible link
    assert.ok(first.includes(opened), `${first}, not ${opened}`);
    assert.ok((await page.locator("main").innerText()).includes(asked));
    assert.deepEqual([faults, strangers], [[], []]);
    await context.close();
  });
}

test("menu, language and pictures", async () => {
  const { page, faults, strangers, context } = await read({}, "/docs/");
  await page.locator(".VPSidebar a", { hasText: "Architecture" }).click();
  await page.waitForURL("**/docs/architecture");
  const diagram = page.locator(".diagram img");
  await diagram.scrollIntoViewIfNeeded();
  assert.ok(await diagram.evaluate(async (img) => (await img.decode(), img.naturalWidth > 100)));
  await accessible(page, "architecture", false);
  await page.goto("/docs/zh/web");
  for (const img of await page.locator(".vp-doc img").all()) {
    assert.ok(await img.evaluate(async (one) => (await one.decode(), one.naturalWidth > 100)));
  }
  assert.deepEqual([faults, strangers], [[], []]);
  await context.close();
});

test("a phone in the dark", async () => {
  const { page, faults, context } = await read({ phone: true, dark: true, lang: "zh" }, "/docs/zh/guide");
  assert.ok(await page.evaluate(() => document.documentElement.classList.contains("dark")));
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.locator(".VPLocalNav .menu").click();
  await page.locator(".VPSidebar.open").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("code of the documentation reaches nothing of the wallet", async () => {
  const { page, context } = await read({}, "/docs/");
  assert.equal(await page.evaluate(() => origin), "null");
  for (const attempt of [
    () => localStorage.length,
    () => new Promise((done, fail) => { const asked = indexedDB.open("dbc"); asked.onsuccess = done; asked.onerror = () => fail(asked.error); }),
    () => navigator.serviceWorker.register("/docs/colours.js"),
    () => fetch("/api/v1/web"),
    () => document.cookie,
  ]) {
    await assert.rejects(page.evaluate(attempt), undefined, `${attempt}`);
  }
  await context.close();
});

test("a page that does not exist", async () => {
  const { page, context } = await open(browser, { base });
  const answer = await page.goto("/docs/nothing");
  assert.equal(answer.status(), 404);
  await page.locator("text=404").first().waitFor();
  await context.close();
});
