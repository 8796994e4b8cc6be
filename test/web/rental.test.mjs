// What a renter does with one virtual machine from its first minute to its
// last, with colleagues, with an own program, and with Keplr.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { password, renter } from "./app.mjs";
import { launch, open, tab } from "./browser.mjs";
import { accessible, shoot } from "./check.mjs";
import { importKey, rest } from "./host.mjs";
import { install } from "./keplr.mjs";
import { drive } from "./screen.mjs";

const { BASE: base, MACHINE: machine } = process.env;
/** limit ends a test that hangs, in ms. */
const limit = 1_500_000;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const rentalOf = async (id) => (await rest(`/dbc/rental/v1/rentals/${id}`)).rental;

/**
 * cosmjs continues a rental with the mnemonic of its wallet, and returns the
 * output.
 */
async function cosmjs(words, id, seconds) {
  const run = spawn("node", ["../cosmjs/continue.mjs", base, id, String(seconds)], { stdio: ["pipe", "pipe", "inherit"] });
  run.stdin.end(words.join(" "));
  let said = "";
  run.stdout.on("data", (data) => {
    said += data;
  });
  const code = await new Promise((resolve, reject) => run.on("error", reject).on("close", resolve));
  assert.equal(code, 0, said);
  return said.trim().split("\n");
}

/**
 * reloaded reloads a page at each state between two states of a virtual
 * machine, and returns the states in between.
 */
async function reloaded(page, from, to) {
  const between = [];
  for (let last = from; ; ) {
    const status = page.getByTestId("status").filter({ hasNotText: last });
    const now = await status.textContent();
    if (now === to) return between;
    if (now === last) continue; // it changed between the wait and the check
    between.push(now);
    await page.reload();
    last = now;
  }
}

/** titled waits for a page's title in the browser's tab. */
const titled = (page, want) => page.waitForFunction((source) => new RegExp(source).test(document.title), want.source);

/**
 * lockedTogether unlocks the wallet in two tabs and locks it in the first: the
 * second forgets its key too.
 */
async function lockedTogether(page, twin, r) {
  const there = renter(twin, "en");
  await there.go("wallet");
  await titled(twin, /^Wallet · DBC$/);
  await twin.getByLabel("Password", { exact: true }).pressSequentially(password);
  await there.button("Unlock").click();
  await there.button(r.w.lockNow).waitFor();
  await r.go("wallet");
  await r.button(r.w.lockNow).click();
  await there.button("Unlock").waitFor();
}

/** terminal returns the console's text as a screen reader gets it. */
function terminal(page) {
  const rows = page.locator(".xterm-accessibility");
  return {
    says: (text) => rows.filter({ hasText: text }).waitFor({ state: "attached" }),
    /**
     * asked sends line breaks until the guest answers with a text: a console
     * writes nothing by itself.
     */
    async asked(text) {
      await page.locator('[data-testid="console"][data-state="open"]').waitFor();
      await page.locator(".xterm-screen").click();
      const there = this.says(text).then(() => true);
      while (!(await Promise.race([there, page.waitForTimeout(3_000)]))) await page.keyboard.press("Enter");
    },
    async type(text) {
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
    },
  };
}

test("one virtual machine: password, console, screen, disks, off and on, a colleague, a program, and its end", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "en", base });
  const r = renter(page, "en");
  const { w, button, dialog } = r;
  // A second tab is open all along, is never loaded again, and still knows.
  const twin = await tab(context, faults);
  const there = renter(twin, "en");
  await twin.goto("/rentals");
  await twin.getByText("Set one up, or open the wallet").waitFor();
  const words = await r.createWallet();
  await twin.getByText("No rentals yet").waitFor();
  await r.faucet();
  await lockedTogether(page, twin, r);
  await there.go("rentals");
  const id = await r.rent(machine, "30m");
  await twin.getByRole("link", { name: id, exact: true }).click();
  await there.state(w.trial).waitFor();
  for (const one of [page, twin]) await titled(one, new RegExp(`^(29|30) min( \\d+ s)? · Rental ${id} · DBC$`));

  // A reload while something waits for its signature signs nothing.
  await r.confirmUntried();
  await dialog().getByText(w.notRefundable).waitFor();
  await page.reload();
  await r.state(w.trial).waitFor();
  assert.equal(await dialog().count(), 0);
  // Back gives up a signature instead of leaving the rental's page.
  await button(w.signIn).click();
  await button(w.signText, dialog()).waitFor();
  await page.evaluate(() => history.back());
  await dialog().waitFor({ state: "detached" });
  await page.waitForURL(`**/rentals/${id}`);
  await r.signIn();
  await there.button(w.createVm).first().waitFor(); // authorized in this browser, so in each of its tabs
  await r.createVm();
  await page.getByTestId("status").waitFor();
  await page.reload();
  await r.status(w.running).waitFor();

  // Without an SSH key the machine generated a password; the renter sets
  // another one, signed by the wallet.
  await page.getByTestId("password").waitFor();
  await button("Set a password").click();
  const form = page.getByRole("region", { name: "Set a password" });
  const user = await form.getByLabel("User", { exact: true }).inputValue();
  const secret = `web-${randomBytes(6).toString("hex")}`;
  await form.getByLabel("New password of the guest", { exact: true }).fill("short");
  await form.getByText("8 to 128 characters").waitFor();
  await form.getByLabel("New password of the guest", { exact: true }).fill(secret);
  await button("Set the password", form).click();
  await r.approve("Set the password");
  await page.getByText(`The password of ${user} is set`).waitFor();
  await page.getByTestId("password").waitFor({ state: "detached" });
  await button("Set a password").click();

  // The serial console has a prompt, accepts that password, and runs a command.
  await button(w.console).click();
  const serial = terminal(page);
  await serial.asked("login:");
  await shoot(page, "en-console");
  await serial.type(user);
  await serial.says("Password:");
  await serial.type(secret);
  await serial.says("$");
  await serial.type("echo works-$((6*7))");
  await serial.says("works-42");
  await button(w.close, dialog()).click();

  await drive(page, r);

  // Data disks of a running guest.
  await button("Disks").click();
  const disks = page.getByRole("region", { name: "Disks" });
  const disk = disks.getByRole("listitem", { name: "vdb" });
  await disks.getByLabel("Size of a new data disk").fill("1");
  await button("Add a data disk", disks).click();
  await disk.getByText("1 GiB").waitFor();
  await page.reload();
  await button("Disks").click();
  await disk.getByLabel("New size of vdb").fill("1");
  await disk.getByText("never gets smaller").waitFor();
  assert.equal(await button("Enlarge vdb", disk).isDisabled(), true);
  await disk.getByLabel("New size of vdb").fill("2");
  await button("Enlarge vdb", disk).click();
  await disk.getByText("2 GiB").waitFor();
  await accessible(page, "disks");
  await shoot(page, "en-disks");
  await button("Delete vdb", disk).click();
  await dialog().getByText("Everything on it is lost").waitFor();
  await r.approve(w.delete);
  await disk.waitFor({ state: "detached" });

  // A colleague with a link and no wallet may look, stop and start, but not
  // delete.
  await page.getByRole("radio", { name: "look, create, start and stop", exact: true }).check();
  await button("Make a link").click();
  await r.approve(w.signText);
  const link = await page.locator("code", { hasText: "#session=" }).textContent();
  const other = await open(browser, { lang: "en", base });
  const colleague = renter(other.page, "en");
  await other.page.goto(link);
  await colleague.status(w.running).waitFor();
  await other.page.getByText("by a link that the renter gave you").waitFor();
  assert.equal(new URL(other.page.url()).hash, "", "the key stays in the address");
  await colleague.button(w.stop).waitFor();
  assert.equal(await colleague.button(w.delete).count(), 0);
  assert.equal(await colleague.button("Set a password").count(), 0);
  await colleague.button(w.stop).click();
  await colleague.button(w.start).waitFor();
  await r.status(w.off).waitFor();
  await other.page.reload();
  await colleague.button(w.start).click();
  await colleague.status(w.running).waitFor();

  // Once revoked, the link is worthless.
  await button("Revoke").click();
  await r.approve(w.signText);
  await other.page.getByText("This rental belongs to another account").waitFor();
  assert.equal(await colleague.status(w.running).count(), 0);
  await other.page.goto(link);
  await other.page.getByText("This rental belongs to another account").waitFor();
  await other.context.close();

  // Stopped, started and restarted by the renter, with a reload at each step.
  await r.status(w.running).waitFor();
  await button(w.stop).click();
  assert.deepEqual(await reloaded(page, w.running, w.off), ["Shutting down"]);
  await page.reload();
  await r.status(w.off).waitFor();
  await button(w.start).click();
  assert.deepEqual(await reloaded(page, w.off, w.running), ["Starting"]);
  await page.reload();
  await r.status(w.running).waitFor();
  await button(w.restart).click();
  const steps = await reloaded(page, w.running, w.running);
  assert.equal(steps[0], "Restarting", steps.join(", "));
  await page.reload();
  await r.status(w.running).waitFor();

  // A program continues with the wallet's mnemonic, and this page follows.
  const trial = await rentalOf(id);
  const said = await cosmjs(words, id, 1_800);
  const renewed = await rentalOf(id);
  assert.equal(Date.parse(renewed.end) - Date.parse(trial.end), 1_800_000);
  assert.deepEqual(said, [`RENTAL_STATE_ACTIVE ${trial.end}`, `RENTAL_STATE_ACTIVE ${renewed.end}`]);
  await r.state(w.active).waitFor();
  await there.state(w.active).waitFor();

  // The virtual machine is deleted with the wallet's own signature.
  await button(w.delete).click();
  await dialog().getByText("Nothing brings them back").waitFor();
  await r.approve(w.delete);
  await page.getByText("No virtual machine yet").waitFor();
  assert.deepEqual([...faults, ...other.faults], []);
  await context.close();
});

test("accounts: a second one of the same words, their export, and their import elsewhere", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "en", base });
  const r = renter(page, "en");
  const { button, dialog } = r;
  const words = await r.createWallet();
  const row = (name) => page.getByRole("listitem").filter({ hasText: name });
  const act = async (name, action) => {
    await page.getByRole("button", { name: `Actions for ${name}` }).click();
    await page.getByRole("menuitem", { name: action }).click();
  };
  const address = async () => /dbc1[0-9a-z]{38}/.exec(await page.locator("main").textContent())[0];
  await page.getByTestId("balance").waitFor();
  const first = await address();

  await act("DBC 1", "Rename");
  await dialog().getByLabel("Name", { exact: true }).fill("Savings");
  await button("Save", dialog()).click();
  await row("Savings").waitFor();
  await act("Savings", "Next account of the same words");
  await dialog().getByLabel("Name", { exact: true }).fill("Second");
  await dialog().getByLabel("Password", { exact: true }).fill(password);
  await button("Add an account", dialog()).click();
  await dialog().waitFor({ state: "detached" });
  await row("Second").waitFor();

  // Shown only after the password.
  await act("Savings", "Show words or key");
  await dialog().getByLabel("Password", { exact: true }).fill(`${password}!`);
  await button("Show", dialog()).click();
  await dialog().getByText("Wrong password").waitFor();
  await dialog().getByLabel("Password", { exact: true }).fill(password);
  await button("Show", dialog()).click();
  const listed = dialog().locator("ol li");
  await listed.last().waitFor();
  assert.deepEqual(await listed.allTextContents(), words);
  await button("Close", dialog()).click();

  // The same words in another browser result in the same account.
  const other = await open(browser, { lang: "en", base });
  await importKey(other.page, renter(other.page, "en"), "en", "Elsewhere", words.join(" "));
  await other.page.getByText(first).waitFor();
  assert.deepEqual([...faults, ...other.faults], []);
  await other.context.close();
  await context.close();
});

test("Keplr signs instead of a wallet of the app: rent, sign in to the machine, cancel", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "en", base });
  const { address, asked } = await install(page, randomBytes(32).toString("hex"));
  const r = renter(page, "en");
  const { w, button } = r;
  await page.goto("/wallet");
  await button("Connect Keplr").click();
  await page.getByText(address).waitFor();
  const suggested = asked.find(({ what }) => what === "suggest").value;
  assert.equal(suggested.bip44.coinType, 118);
  assert.equal(suggested.rpc, `${base}/chain/rpc`);
  assert.deepEqual(asked.filter(({ what }) => what === "enable").map(({ value }) => value), [suggested.chainId]);
  await r.faucet();
  const id = await r.rent(machine, "30m");
  assert.equal((await rentalOf(id)).renter, address);
  await page.reload();
  await r.signIn();
  await button(w.createVm).first().waitFor();
  const grant = asked.find(({ what }) => what === "text").value;
  assert.match(grant, /^dbc-session-v1\n/);
  await r.cancel("ready"); // no virtual machine was created
  await r.state(w.refunded).waitFor();
  assert.equal((await rentalOf(id)).transitions.at(-1).cause, "CAUSE_NOT_READY");
  assert.equal(asked.filter(({ what }) => what === "tx").length, 2);
  assert.deepEqual(faults, []);
  await context.close();
});
