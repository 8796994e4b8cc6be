// The rental guide, followed in the browser only, in both languages: on a real
// devnet with a real guest, and nothing between browser and node.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { password, renter } from "./app.mjs";
import { launch, open } from "./browser.mjs";
import { accessible, shoot } from "./check.mjs";

const { BASE: base, MACHINE: machine } = process.env;
const run = promisify(execFile);
const fee = 10_000_000n;

/** limit ends a test that hangs, in ms. */
const limit = 1_500_000;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** sshKey generates a key pair for a login. */
async function sshKey() {
  const file = join(await mkdtemp(join(tmpdir(), "dbc-web-")), "key");
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "web", "-f", file]);
  return { file, publicKey: (await readFile(`${file}.pub`, "utf8")).trim() };
}

/**
 * login logs in, asking nothing: known is the line for known_hosts that the page
 * shows, and the host key's fingerprint has to be the one that ssh tells.
 */
async function login(command, { file, known, fingerprint }) {
  const [, port, user, host] = /^ssh -p (\d+) ([a-z]+)@([\d.]+)$/.exec(command);
  await writeFile(`${file}.known`, `${known}\n`);
  const strict = ["-v", "-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile=${file}.known`, "-o", "GlobalKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20"];
  const { stdout, stderr } = await run("ssh", [...strict, "-i", file, "-p", port, `${user}@${host}`, "uname", "-s"]);
  assert.equal(/Server host key: \S+ (\S+)/.exec(stderr)[1], fingerprint);
  return stdout.trim();
}

test("a cancelled trial brings the rent back, and not the fee", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "en", base });
  const r = renter(page, "en");
  await r.createWallet();
  const had = await r.faucet();
  const id = await r.rent(machine, "30m");
  await r.cancel("ready", "mind");
  await r.state(r.w.refunded).waitFor();
  await page.goto(`/rentals/${id}/explain`);
  await page.getByText("half of the fee went to the host, the rest to the community pool", { exact: true }).waitFor();
  await page.getByText("the renter's word: Changed my mind", { exact: true }).waitFor();
  await r.go("wallet");
  // The gas of two transactions is thousandths of a DBC.
  await r.lost(had, fee, fee + 100_000n);
  assert.deepEqual(faults, []);
  await context.close();
});

for (const lang of ["en", "zh"])
  test(`the guide, ${lang}`, { timeout: limit }, async () => {
    const { page, context, faults } = await open(browser, { lang, base });
    const r = renter(page, lang);
    const { w, button, dialog } = r;

    // A wallet, and coins for it.
    const words = await r.createWallet();
    assert.equal(words.length, 24);
    const had = await r.faucet();
    await accessible(page, "wallet");
    await shoot(page, `${lang}-wallet`);

    // Find the machine, and rent it.
    await r.go("machines");
    await page.getByRole("table").getByRole("link").first().waitFor();
    await accessible(page, "machines");
    await shoot(page, `${lang}-machines`);
    await page.goto(`/machines/${machine}`);
    await button(w.rent).waitFor();
    await accessible(page, "machine");
    await shoot(page, `${lang}-machine`);
    const id = await r.rent(machine, "30m");
    await r.state(w.trial).waitFor();

    // A reload locks the wallet; a wrong password signs nothing.
    await page.reload();
    await button(w.signIn).click();
    await dialog().getByLabel(w.password, { exact: true }).fill(`${password}!`);
    await button(w.signText, dialog()).click();
    await dialog().getByText(w.wrong).waitFor();
    await r.approve(w.signText);

    // A virtual machine, across reloads, and a real login.
    const key = await sshKey();
    await button(w.createVm).first().waitFor();
    await page.reload();
    await r.createVm(key.publicKey);
    await page.getByTestId("status").waitFor();
    await page.reload();
    await r.status(w.running).waitFor();
    await accessible(page, "rental");
    await shoot(page, `${lang}-rental`);
    const command = await page.locator("code", { hasText: /^ssh -p / }).textContent();
    await page.getByText(w.hostKey, { exact: true }).click();
    const fingerprint = await page.locator("code", { hasText: /^SHA256:/ }).textContent();
    const known = await page.locator("code", { hasText: /^\[[\d.]+\]:\d+ ssh-ed25519 / }).textContent();
    assert.equal(await login(command, { file: key.file, known, fingerprint }), "Linux");

    // Confirmed only after the warning.
    await button(w.confirm).click();
    await dialog().getByText(w.notRefundable).waitFor();
    await accessible(page, "confirm");
    await r.approve(w.confirm);
    await r.state(w.active).waitFor();
    await page.reload();
    await r.state(w.active).waitFor();

    // Console and screen.
    await button(w.console).click();
    await page.locator(".xterm-screen").waitFor();
    await button(w.close, dialog()).click();
    await button(w.screen).click();
    await page.locator('[data-testid="screen"][data-state="open"]').waitFor();
    await button(w.close, dialog()).click();

    // Renewed: the end moves.
    await button(w.renew).click();
    await dialog().getByLabel(w.duration, { exact: true }).or(dialog().getByRole("radio", { name: w.other, exact: true })).first().waitFor();
    await dialog().getByRole("radio", { name: w.other, exact: true }).check();
    await dialog().getByLabel(w.duration, { exact: true }).fill("15m");
    await button(w.renew, dialog()).click();
    await r.approve();

    await r.go("rentals");
    await page.getByRole("link", { name: id, exact: true }).waitFor();
    await accessible(page, "rentals");
    await shoot(page, `${lang}-rentals`);
    assert.deepEqual(faults, []);
    await context.close();
  });

