// The table of machines with a hundred thousand of them: what it shows is
// compared with what these tests calculate from the genesis themselves.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { accessible, shoot } from "./check.mjs";

const { BASE: base, MARKET: file } = process.env;
/**
 * limit ends a test that hangs, in ms; patience ends one wait for what a page
 * shows.
 */
const limit = 1_500_000;
const patience = 240_000;
/**
 * most is the maximum number of rows in the table's DOM, however many there
 * are.
 */
const most = 80;

let browser;
let market;
before(async () => {
  browser = await launch();
  // Retired machines are listed only on request.
  market = JSON.parse(await readFile(file, "utf8")).filter(({ state }) => state !== "retired");
});
after(() => browser.close());

const number = (n) => n.toLocaleString("en-GB");
const udbc = (dbc) => dbc * 1_000_000;
const idle = (m) => m.state === "online" && m.free > 0;

/** ranked sorts by a value; ties are ordered by id, in the same direction. */
function ranked(machines, value, down = false) {
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const sorted = [...machines].sort((a, b) => compare(value(a), value(b)) || compare(a.id, b.id));
  return down ? sorted.reverse() : sorted;
}

/** kinds computes what the list of GPU types shows. */
function kinds(machines) {
  const counts = new Map();
  for (const m of machines)
    for (const type of m.types?.length ? m.types : [""]) {
      const now = counts.get(type) ?? { idle: 0, total: 0 };
      counts.set(type, { idle: now.idle + (idle(m) ? 1 : 0), total: now.total + 1 });
    }
  return ranked([...counts].map(([id, n]) => ({ id, n })), ({ id }) => id).map(
    ({ id, n }) => `${id || "Without GPU"}: ${number(n.idle)} idle of ${number(n.total)}`,
  );
}

/** becomes waits until what a page shows equals what is wanted. */
async function becomes(read, want) {
  const until = Date.now() + patience;
  for (;;) {
    const now = await read();
    try {
      return assert.deepEqual(now, want);
    } catch (error) {
      if (Date.now() > until) throw error;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
}

function table(page) {
  const element = page.getByRole("table");
  const rows = () =>
    page.evaluate(() =>
      [...document.querySelectorAll("[role=table] [role=row][aria-rowindex]")]
        .filter((row) => row.querySelector("a"))
        .map((row) => ({ place: Number(row.getAttribute("aria-rowindex")) - 2, id: row.querySelector("a").getAttribute("href").slice("/machines/".length) }))
        .sort((a, b) => a.place - b.place),
    );
  return {
    element,
    rows,
    kinds: () =>
      page
        .getByRole("group", { name: "GPU types" })
        .locator("label")
        .evaluateAll((labels) => labels.map((label) => [...label.querySelectorAll("span span")].map((s) => s.textContent).join(": "))),
    /** shows waits for the first of some machines, and for their number. */
    async shows(want, words = (read, total) => `${read} of ${total} machines`) {
      await becomes(async () => (await rows()).slice(0, 10).map(({ id }) => id), want.slice(0, 10).map(({ id }) => id));
      await page.getByText(words(number(Math.min(100, want.length)), number(want.length)), { exact: true }).waitFor();
    },
    head: (name) => page.getByRole("columnheader", { name, exact: true }),
    search: () => new URL(page.url()).searchParams,
  };
}

/**
 * gpuPrice is the price of one GPU per day, or the whole machine's price if it
 * has none.
 */
const gpuPrice = (m) => Math.ceil((m.price * m.slots) / Math.max(1, m.gpus));

test("nothing of the table is cut off at 1440 pixels, in either language", { timeout: limit }, async () => {
  for (const lang of ["en", "zh"]) {
    const { page, context, faults } = await open(browser, { base, lang });
    await page.setViewportSize({ width: 1_440, height: 900 });
    await page.goto("/machines?show=all");
    await page.getByRole("table").getByRole("link").first().waitFor();
    const cut = await page.evaluate(() => {
      const table = document.querySelector("[role=table]");
      const over = (e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1;
      const cells = [...table.querySelectorAll("[role=cell], [role=columnheader]")].filter(over).map((e) => e.textContent);
      return table.scrollWidth > table.clientWidth ? [...cells, "the table scrolls sideways"] : cells;
    });
    assert.deepEqual(cut, []);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("GPU types with what is idle, and every order, from both ends", { timeout: limit }, async (t) => {
  const { page, context, faults } = await open(browser, { base });
  const list = table(page);
  const begun = Date.now();
  await page.goto("/machines?show=all"); // while the node still reads the machines from the chain
  await list.shows(ranked(market, (m) => m.price));
  t.diagnostic(`the list came after ${Date.now() - begun} ms, with the filling of the index`);
  assert.deepEqual(await list.kinds(), kinds(market));
  for (const [name, sort, value, first = "ascending"] of [
    ["Per slot and day", "price_per_day", (m) => m.price, "descending"], // the cheapest come first by default
    ["Per GPU and hour", "gpu_price_per_day", gpuPrice],
    ["Machine per day", "machine_price_per_day", (m) => m.price * m.slots],
    ["GPUs", "gpu_count", (m) => m.gpus],
    ["Free", "free_slots", (m) => m.free],
    ["VRAM", "vram_mib", (m) => m.vram],
    ["CPU", "cpu_cores", (m) => m.cores],
    ["Memory", "memory_mib", (m) => m.memory],
    ["Disk", "data_disk_gib", (m) => m.disk],
    ["Region", "country", (m) => m.country],
    ["State", "state", (m) => m.state],
  ])
    for (const way of [first, first === "ascending" ? "descending" : "ascending"]) {
      const down = way === "descending";
      await list.head(name).getByRole("button").click();
      await list.shows(ranked(market, value, down));
      await page.locator(`[role=columnheader][aria-sort=${way}]`, { hasText: name }).waitFor();
      assert.equal(list.search().get("sort"), down ? `-${sort}` : sort === "price_per_day" ? null : sort);
    }
  assert.deepEqual(faults, []);
  await context.close();
});

test("filters and columns narrow it down, and the address carries all of it", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { base });
  const list = table(page);
  const byPrice = (lets) => ranked(market.filter(lets), (m) => m.price);
  const field = (name) => page.getByLabel(name, { exact: true });
  await page.goto("/machines");
  await list.shows(byPrice(idle));
  assert.deepEqual(await list.kinds(), kinds(market.filter(idle)));

  // One after another, each in addition to those before.
  const lets = [idle];
  const all = (m) => lets.every((one) => one(m));
  const narrow = async (more) => {
    lets.push(more);
    await list.shows(byPrice(all));
  };
  const type = (name) => page.getByRole("checkbox", { name: new RegExp(`^${name}`) });
  await type("H100").click();
  await narrow((m) => m.types?.includes("H100"));
  await page.getByRole("button", { name: "Filters", exact: true }).click();
  await field("GPUs, at least").fill("2");
  await narrow((m) => m.gpus >= 2);
  await field("Per slot and day, at most").fill("600");
  await narrow((m) => m.price <= udbc(600));
  await field("Per GPU and hour, at most").fill("24");
  await narrow((m) => gpuPrice(m) <= udbc(24) * 24);
  await field("Whole machine per day, at most").fill("4500");
  await narrow((m) => m.price * m.slots <= udbc(4_500));
  await field("Memory, GiB").fill("256");
  await narrow((m) => m.memory >= 256 * 1024);
  await field("CPU cores").fill("64");
  await narrow((m) => m.cores >= 64);
  await field("Data disk, GiB").fill("4000");
  await narrow((m) => m.disk >= 4_000);
  await field("Download, Mbit/s").fill("2500");
  await narrow((m) => m.download >= 2_500);
  // The counts by type ignore only the type's own filter.
  assert.deepEqual(await list.kinds(), kinds(market.filter((m) => lets.every((one, place) => place === 1 || one(m)))));
  await field("Country (two letters)").fill("de");
  await narrow((m) => m.country === "DE");
  await list.head("VRAM").getByRole("button").click();
  const left = ranked(market.filter(all), (m) => m.vram);
  assert.ok(left.length >= 5 && left.length < 1_000, `${left.length} machines are left`);
  await list.shows(left);

  // Chosen columns.
  await page.getByRole("button", { name: "Columns" }).click();
  for (const name of ["Owner", "Region"]) await page.getByRole("menuitemcheckbox", { name, exact: true }).click();
  await list.head("Owner").waitFor();
  await list.head("Region").waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  const edges = (cells) => page.locator(cells).evaluateAll((all) => all.map((cell) => Math.round(cell.getBoundingClientRect().left)));
  assert.deepEqual(await edges("[role=columnheader]"), await edges("[aria-rowindex='2'] > [role=cell]"), "a column stands below another's head");
  await accessible(page, "the table of machines");
  await shoot(page, "en-machines-filtered");
  const { search } = new URL(page.url());
  assert.deepEqual([...new URLSearchParams(search)], [
    ["gpu", "H100"], ["gpus", "2"], ["price", "600"], ["gpuHour", "24"], ["machineDay", "4500"], ["memory", "256"], ["cpu", "64"], ["disk", "4000"], ["down", "2500"],
    ["country", "de"], ["sort", "vram_mib"], ["cols", "gpu,free,vram,cpu,memory,disk,gpuHour,price,machineDay,state,owner"],
  ]);

  // The same in another browser by that address, in the other language.
  const other = await open(browser, { base, lang: "zh" });
  const there = table(other.page);
  await other.page.goto(`/machines${search}`);
  await there.shows(left, (read, total) => `${read} / ${total} 台机器`);
  await there.head("所有者").waitFor();
  assert.equal(await there.head("地区").count(), 0);
  assert.equal(await other.page.getByLabel("内存，GiB", { exact: true }).inputValue(), "256");
  await other.context.close();

  // By an owner, and nothing at all.
  const { owner } = market[4_321];
  await page.goto(`/machines?show=all&owner=${owner}`);
  await list.shows(byPrice((m) => m.owner === owner));
  await page.goto("/machines?show=online");
  await list.shows(byPrice((m) => m.state === "online"));
  await page.goto("/machines?gpus=999");
  await page.getByText("No machine fits", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Clear all filters" }).last().click();
  await list.shows(byPrice(() => true));
  assert.deepEqual([...faults, ...other.faults], []);
  await context.close();
});

test("scrolled to the far end: the page holds few rows, each in its place", { timeout: limit }, async (t) => {
  const { page, context, faults } = await open(browser, { base });
  const list = table(page);
  const want = ranked(market, (m) => m.price);
  await page.goto("/machines?show=all");
  await list.shows(want);
  const begun = Date.now();
  let held = 0;
  for (let read = 100; read < want.length; ) {
    await list.element.press("End");
    const more = await page.waitForFunction((had) => {
      const said = [...document.querySelectorAll("[role=status]")].map((s) => /^([\d,]+) of [\d,]+ machines$/.exec(s.textContent)?.[1]);
      const now = Number(said.find(Boolean)?.replaceAll(",", ""));
      return now > had && { now, rows: document.querySelectorAll("[role=table] [role=row]").length, all: document.querySelectorAll("*").length };
    }, read);
    const { now, rows, all } = await more.jsonValue();
    read = now;
    held = Math.max(held, rows);
    assert.ok(rows <= most && all < 5_000, `${rows} rows, ${all} elements`);
  }
  t.diagnostic(`${want.length} machines were scrolled in ${Date.now() - begun} ms; at most ${held} rows at once`);
  await list.element.press("End");
  await becomes(async () => (await list.rows()).at(-1), { place: want.length - 1, id: want.at(-1).id });
  // Back to the middle and the beginning, all of which is still there.
  const middle = Math.floor(want.length / 2);
  await list.element.evaluate((e, place) => e.scrollTo(0, 49 * place), middle);
  await becomes(async () => (await list.rows()).find(({ place }) => place === middle)?.id, want[middle].id);
  for (const { place, id } of await list.rows()) assert.equal(id, want[place].id);
  await list.element.press("Home");
  await becomes(async () => (await list.rows())[0], { place: 0, id: want[0].id });
  // Sorted again, it starts at the top.
  await list.head("Memory").getByRole("button").click();
  await list.shows(ranked(market, (m) => m.memory));
  assert.deepEqual(faults, []);
  await context.close();
});

test("on a phone the cards go on as one scrolls, and few are held", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { base, phone: true });
  const want = ranked(market.filter(idle), (m) => m.price);
  await page.goto("/machines");
  const cards = page.getByRole("main").getByRole("listitem");
  await cards.first().waitFor();
  const count = page.getByText(new RegExp(`^[\\d,]+ of ${number(want.length)} machines$`));
  for (let had = await count.textContent(); Number(had.split(" ")[0].replaceAll(",", "")) < 1_600; had = await count.textContent()) {
    // Cards measured meanwhile may undo a jump: scroll again.
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    const more = count.filter({ hasNotText: new RegExp(`^${had}$`) });
    await more.waitFor({ state: "attached", timeout: 5_000 }).catch(() => {});
  }
  assert.ok((await cards.count()) < most);
  const shown = await page.evaluate(() => [...document.querySelectorAll("main li a")].map((a) => a.getAttribute("href").slice("/machines/".length)));
  const from = want.findIndex(({ id }) => id === shown[0]);
  assert.ok(from >= 0);
  assert.deepEqual(shown, want.slice(from, from + shown.length).map(({ id }) => id));
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, "the page scrolls sideways");
  await accessible(page, "machines on a phone");
  await shoot(page, "en-market-phone");
  assert.deepEqual(faults, []);
  await context.close();
});

test("fields keep what is typed: by an input method, fast, and in the middle", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { base });
  const search = () => new URL(page.url()).searchParams;
  const holds = async (field, text, name) => {
    await becomes(() => field.inputValue(), text);
    await becomes(() => search().get(name), text);
    assert.equal(await field.inputValue(), text); // also after the page took the address
  };
  await page.goto("/machines?show=all");
  await page.getByRole("button", { name: "Filters", exact: true }).click();
  const city = page.getByLabel("City", { exact: true });

  // 上海 as a pinyin input method writes it; nothing of the composition is
  // searched for.
  await city.focus();
  const devtools = await context.newCDPSession(page);
  const searched = [];
  page.on("framenavigated", () => searched.push(search().get("city")));
  for (const text of ["s", "sh", "sha", "shan", "shang", "shangh", "shanghai"]) {
    await devtools.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
    await page.waitForTimeout(120);
  }
  assert.equal(await city.inputValue(), "shanghai");
  await devtools.send("Input.insertText", { text: "上海" });
  await holds(city, "上海", "city");
  assert.deepEqual(searched.filter((text) => text !== null && text !== "上海"), []);

  // 64 digits without a pause, then the leading 0x is removed.
  const owner = page.getByLabel("Owner's address", { exact: true });
  const digits = "0123456789abcdef".repeat(4);
  await owner.focus();
  await page.keyboard.type(`0x${digits}`);
  await holds(owner, `0x${digits}`, "owner");
  await page.keyboard.press("Home");
  await page.keyboard.press("Delete");
  await page.keyboard.press("Delete");
  await holds(owner, digits, "owner");

  // In the middle: the caret stays where the user types.
  for (let i = 0; i < 10; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.type("xyz", { delay: 400 });
  const middle = `${digits.slice(0, 10)}xyz${digits.slice(10)}`;
  await holds(owner, middle, "owner");
  assert.equal(await owner.evaluate((field) => field.selectionStart), 13);

  // A change of the address from elsewhere changes the field.
  await page.getByRole("button", { name: "Clear all filters" }).first().click();
  await becomes(() => owner.inputValue(), "");
  await becomes(() => city.inputValue(), "");

  // The guide's machine id on the Developer page.
  await page.goto("/developer");
  const id = page.getByLabel("machine_id", { exact: true });
  await id.focus();
  await page.keyboard.type(`0x${digits}`);
  await holds(id, `0x${digits}`, "machine_id");
  await page.keyboard.press("Home");
  await page.keyboard.press("Delete");
  await page.keyboard.press("Delete");
  await holds(id, digits, "machine_id");
  assert.deepEqual(faults, []);
  await context.close();
});
