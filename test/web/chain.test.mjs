// The Developer, Host and explain pages: what they sign is verified on the
// chain, and what they show is compared with it.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { renter } from "./app.mjs";
import { launch, open } from "./browser.mjs";
import { accessible, shoot } from "./check.mjs";
import { dbc, developer, importKey, rest, secretOf, texts, udbc } from "./host.mjs";

const { BASE: base, MACHINE: machine } = process.env;
const day = 86_400_000;
/** limit ends a test that hangs, in ms. */
const limit = 1_500_000;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const freshKey = () => randomBytes(32).toString("hex");
const rentalOf = async (id) => (await rest(`/dbc/rental/v1/rentals/${id}`)).rental;
const listed = async () => (await rest(`/dbc/machine/v1/machines/${machine}`)).listing.machine;

/**
 * breakAs lets the owner end a rental by the raw message, and refill the stake
 * that the penalty reduced.
 */
async function breakAs(owner, id) {
  await owner.message("dbc.rental.v1.MsgBreakRental", { rent_id: id });
  assert.equal((await rentalOf(id)).state, "RENTAL_STATE_BROKEN");
  const { stake, stake_required } = await listed();
  const missing = BigInt(stake_required) - BigInt(stake);
  assert.ok(missing > 0n, "the penalty came from the stake");
  await owner.message("dbc.machine.v1.MsgAddStake", { machine_id: machine, amount: missing.toString() });
}

for (const lang of ["en", "zh"])
  test(`the guide's three functions on the Developer page, and what became of the rental, ${lang}`, { timeout: limit }, async () => {
    const t = texts[lang];
    const { page, context, faults } = await open(browser, { lang, base });
    const r = renter(page, lang);
    const d = developer(page, r, lang);
    await importKey(page, r, lang, "Renter", freshKey());
    await r.faucet();

    // rentMachine(machine_id, duration), with the 0x that the guide warns
    // about.
    await d.guide("rentMachine", `0x${machine}`);
    await page.getByLabel(t.duration).fill("1");
    await page.getByText(t.confirmBefore).waitFor();
    await accessible(page, "developer");
    await shoot(page, `${lang}-developer`);
    const price = BigInt((await listed()).price_per_day);
    const { rent_id: id, rent, fee } = await d.submit();
    assert.equal(BigInt(rent), 2n * price);
    assert.equal(fee, "10000000");
    const trial = await rentalOf(id);
    assert.equal(trial.state, "RENTAL_STATE_TRIAL");
    assert.equal(Date.parse(trial.end) - Date.parse(trial.start), day);

    // Chain state: any query, with big numbers as strings.
    const asked = await d.query("dbc.rental.v1.Query/Rental", { rent_id: id });
    assert.equal(asked.rental.paid, rent);
    assert.equal(asked.rental.machine_id, machine);
    await accessible(page, "chain state");
    await shoot(page, `${lang}-chain-state`);

    // confirmRent(machine_id), then reletMachine(machine_id, add_duration).
    await d.guide("confirmRent", machine);
    assert.equal((await d.submit()).rent_id, id);
    assert.equal((await rentalOf(id)).state, "RENTAL_STATE_ACTIVE");
    await d.guide("reletMachine", machine);
    await page.getByLabel(t.addDuration).fill("1");
    await page.getByText(t.newEnd).waitFor();
    await d.submit();
    const renewed = await rentalOf(id);
    assert.equal(Date.parse(renewed.end) - Date.parse(renewed.start), 2 * day);
    assert.equal(renewed.paid, (2n * BigInt(rent)).toString());

    // Broken by the owner: the page shows the whole story, and not one udbc is
    // missing.
    const other = await open(browser, { lang: "en", base });
    const o = renter(other.page, "en");
    await importKey(other.page, o, "en", "Owner", await secretOf("devnet-owner"));
    await breakAs(developer(other.page, o, "en"), id);
    await page.goto(`/rentals/${id}/explain`);
    await page.getByText(t.brokenByOwner).waitFor();
    const told = await page.locator("ol > li strong").allTextContents();
    assert.deepEqual(told, [t.rented, t.confirmed, t.renewed, t.brokenByOwner]);
    const { rental } = await rest(`/dbc/rental/v1/rentals/${id}/explain`);
    const place = async (name) => udbc(await page.locator(`[data-place=${name}]`).textContent());
    assert.equal(await place("host"), BigInt(rental.claimed));
    assert.equal((await place("host")) + (await place("renter")), BigInt(rental.paid));
    // The minimum penalty was paid at once; the rest is held until a stake
    // would be free.
    assert.ok(BigInt(rental.from_stake) > 10_000_000n);
    assert.equal(await place("penalty"), 10_000_000n);
    assert.equal(await place("held"), BigInt(rental.held_penalty));
    assert.equal(BigInt(rental.from_stake) - BigInt(rental.held_penalty), 10_000_000n);
    await accessible(page, "explain");
    await shoot(page, `${lang}-explain`);
    assert.deepEqual([...faults, ...other.faults], []);
    await other.context.close();
    await context.close();
  });

test("a message by its form and as JSON: what is no message is not sent", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "en", base });
  const r = renter(page, "en");
  await importKey(page, r, "en", "Renter", freshKey());
  await r.faucet();
  await page.goto("/developer");
  await page.getByLabel(texts.en.module).selectOption("cosmos.bank");
  await page.getByLabel(texts.en.message, { exact: true }).selectOption({ label: "MsgSend" });
  const to = (await listed()).payout;
  await page.getByLabel(/^to_address /).fill(to);
  await r.button("Add to amount").click();
  await page.getByLabel(/^denom /).fill("udbc");
  await page.getByLabel(/^amount .*string/).fill("1234567");
  const had = BigInt((await rest(`/cosmos/bank/v1beta1/balances/${to}/by_denom?denom=udbc`)).balance.amount);
  await developer(page, r, "en").submit(1);
  await page.getByText(texts.en.events).click();
  await page.getByText("coin_received", { exact: true }).first().waitFor();
  const has = BigInt((await rest(`/cosmos/bank/v1beta1/balances/${to}/by_denom?denom=udbc`)).balance.amount);
  assert.equal(has - had, 1_234_567n);

  // A number that JavaScript would round is refused, not rounded.
  await page.goto("/developer?message=dbc.rental.v1.MsgRentMachine");
  await page.getByRole("radio", { name: "JSON", exact: true }).check();
  await page.getByLabel("dbc.rental.v1.MsgRentMachine", { exact: true }).fill('{"max_total": 18446744073709551615}');
  await page.getByText("in quotes").waitFor();
  assert.equal(await r.button(texts.en.submit).nth(1).isDisabled(), true);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a host's page: earnings claimed, price, drain, stake, offline and back online", { timeout: limit }, async () => {
  const renting = await open(browser, { lang: "en", base });
  const w = renter(renting.page, "en");
  const d = developer(renting.page, w, "en");
  await importKey(renting.page, w, "en", "Renter", freshKey());
  await w.faucet();
  await d.guide("rentMachine", machine);
  await renting.page.getByLabel(texts.en.duration).fill("1");
  const { rent_id: id } = await d.submit();
  await d.guide("confirmRent", machine);
  await d.submit();

  const { page, context, faults } = await open(browser, { lang: "en", base });
  const r = renter(page, "en");
  const { button } = r;
  await importKey(page, r, "en", "Owner", await secretOf("devnet-owner"));
  await importKey(page, r, "en", "Operator", await secretOf("devnet-operator"));
  await page.getByRole("navigation").getByRole("link", { name: "Host" }).click();
  await page.getByRole("link", { name: `Machine ${machine.slice(0, 8)}…${machine.slice(-4)}` }).click();
  const part = (name) => page.getByRole("region", { name, exact: true });
  await part("Go offline").waitFor();
  await accessible(page, "host");
  await shoot(page, "en-host");

  // What was earned goes to the payout address.
  const { payout } = await listed();
  const balance = async () => BigInt((await rest(`/cosmos/bank/v1beta1/balances/${payout}/by_denom?denom=udbc`)).balance.amount);
  const had = await balance();
  await page.waitForFunction((b) => !b.disabled, await button("Claim").elementHandle());
  await button("Claim").click();
  await r.approve();
  await page.getByText("went to the payout address").waitFor();
  const { claimed } = await rentalOf(id);
  assert.ok(BigInt(claimed) > 0n);
  assert.equal((await balance()) - had, BigInt(claimed));

  // The operator's actions: price, drain and its end.
  const act = async (name, done) => {
    await button(name, part(name)).click();
    await r.approve();
    await page.getByText(done).first().waitFor();
  };
  await part("Set the price").getByLabel("New price for each slot and day").fill("120.5");
  await act("Set the price", "The price is set");
  assert.equal((await listed()).price_per_day, "120500000");
  const from = new Date(Date.now() + 2 * day + 60_000 * -new Date().getTimezoneOffset()).toISOString().slice(0, 16);
  await part("Drain").getByLabel("No rental beyond").fill(from);
  await act("Drain", "The machine drains");
  assert.ok((await listed()).drain_from);
  await act("End the drain", "The drain is over");
  assert.equal((await listed()).drain_from, null);

  // The owner's actions: retiring has to wait; ending the rental early costs
  // part of the stake, which is refilled.
  await button("Act as Owner", part("Add stake")).click();
  await part("Retire").getByText("Not while slots are rented").waitFor();
  assert.equal(await button("Retire", part("Retire")).isDisabled(), true);
  const { stake } = await listed();
  await renting.page.goto(`/rentals/${id}`);
  await w.state(w.w.active).waitFor();
  const { renter: address } = await rentalOf(id);
  const coins = async () => BigInt((await rest(`/cosmos/bank/v1beta1/balances/${address}/by_denom?denom=udbc`)).balance.amount);
  const before = await coins();
  await button(`End early ${id}`).click();
  await r.dialog().getByText("Penalty from your stake").waitFor();
  await page.reload(); // while it waits for its signature: nothing is signed
  await button(`End early ${id}`).waitFor();
  assert.equal((await rentalOf(id)).state, "RENTAL_STATE_ACTIVE");
  await button(`End early ${id}`).click();
  await r.approve("End early");
  await page.getByText(`Rental ${id} is over`).waitFor();
  assert.equal((await rentalOf(id)).state, "RENTAL_STATE_BROKEN");

  // The renter's page shows it, and what was returned, without a reload;
  // nothing is left to be done there.
  await w.state(w.w.broken).waitFor();
  const broken = await rentalOf(id);
  const unearned = BigInt(broken.paid) - BigInt(broken.claimed);
  const fact = async (name) => udbc(await renting.page.getByText(name, { exact: true }).locator("xpath=following-sibling::*[1]").textContent());
  assert.equal(await fact("Rent that came back"), unearned);
  const penalty = BigInt(broken.from_stake) - BigInt(broken.held_penalty);
  assert.ok(BigInt(broken.held_penalty) > 0n);
  assert.equal(await fact("Penalty from the host's stake"), penalty);
  assert.equal(await fact("Came back to you"), unearned + penalty);
  assert.equal((await coins()) - before, unearned + penalty, "told as it was paid");
  for (const gone of [w.w.renew, w.w.signIn, w.w.createVm]) assert.equal(await w.button(gone).count(), 0, gone);
  await accessible(renting.page, "a broken rental");
  await shoot(renting.page, "en-broken");
  const left = BigInt((await listed()).stake);
  assert.ok(BigInt(stake) - left >= 10_000_000n, "the penalty came from the stake");
  assert.equal(BigInt(stake) - left, BigInt(broken.from_stake));

  // With a stake that is less than a tenth too low, the machine can still be
  // rented.
  await renting.page.goto(`/machines/${machine}`);
  await w.button(w.w.rent).waitFor();
  await part("Add stake").getByLabel("Amount").fill("25");
  await act("Add stake", "The stake is added");
  assert.equal(BigInt((await listed()).stake) - left, 25_000_000n);

  // Offline by a click; online by the command that the page shows, because the
  // machine's key must sign.
  await button("Act as Operator", part("Go offline")).click();
  await act("Go offline", "The machine is offline");
  assert.equal((await listed()).state, "MACHINE_STATE_OFFLINE");
  const command = await part("Go online").locator("code").textContent();
  assert.equal(command, "dbc host online --wallet operator");
  await dbc(`dbc host online --wallet devnet-operator --node-home ${process.env.DBC_HOME}/devnet/mining`);
  await part("Go offline").waitFor();
  assert.deepEqual([...faults, ...renting.faults], []);
  await renting.context.close();
  await context.close();
});

test("a host's page on a phone, in Chinese and in the dark", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "zh", base, dark: true, phone: true });
  const r = renter(page, "zh");
  await importKey(page, r, "zh", "所有者", await secretOf("devnet-owner"));
  await page.goto(`/host/${machine}`);
  await page.getByRole("region", { name: "下线", exact: true }).waitFor();
  for (const path of [`/host/${machine}`, "/developer", "/developer/state", "/rentals/1/explain"]) {
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.getByRole("heading", { level: 2 }).first().waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wide, false, `${path} scrolls sideways`);
    await accessible(page, path);
  }
  for (const [path, list] of [["/host", "出租方"], ["/wallet", "交易记录"], [`/host/${machine}`, "收入"]]) {
    await page.goto(path);
    const rows = page.getByRole("list", { name: list, exact: true }).getByRole("listitem");
    await rows.first().waitFor();
    assert.ok((await rows.first().getByRole("term").count()) > 2, `${path}: a row without its names`);
    await accessible(page, path);
    await shoot(page, `zh${path.slice(0, 8).replaceAll("/", "-")}-list-phone-dark`);
  }
  await page.goto(`/host/${machine}`);
  await page.getByRole("region", { name: "下线", exact: true }).waitFor();
  await shoot(page, "zh-host-phone-dark");
  assert.deepEqual(faults, []);
  await context.close();
});

test("a confirmed rental is left from its page, and what comes back is what the chain pays", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "en", base });
  const r = renter(page, "en");
  await importKey(page, r, "en", "Renter", freshKey());
  await r.faucet();
  const id = await r.rent(machine, "1d");
  await r.confirmUntried();
  await r.approve(r.w.confirm);
  await r.state(r.w.active).waitFor();
  const had = await rentalOf(id);
  assert.equal(had.exit_notice_seconds, "3600");
  await r.button("Leave early").click();
  await r.dialog().getByText("Comes back now", { exact: true }).waitFor();
  const [said, stays] = (await r.dialog().locator("dd").allTextContents()).slice(0, 2).map(udbc);
  assert.equal(said + stays, BigInt(had.paid));
  await accessible(page, "leave");
  await shoot(page, "en-leave");
  await r.button("Leave early", r.dialog()).click();
  await r.approve();
  const done = await page.getByText(/^[\d.,]+ DBC came back$/).textContent();
  const left = await rentalOf(id);
  const back = BigInt(had.paid) - BigInt(left.paid);
  assert.equal(udbc(done.replace(" came back", "")), back);
  assert.ok(back > 0n && back <= said, "the notice is paid from the block on, after the dialog's");
  assert.equal(Date.parse(left.end) - Date.parse(left.transitions.at(-1).time), 3_600_000);

  // What is left is the notice, so there is nothing more to leave.
  await page.waitForFunction((b) => b.disabled, await r.button("Leave early").elementHandle());
  assert.deepEqual(faults, []);
  await context.close();
});
