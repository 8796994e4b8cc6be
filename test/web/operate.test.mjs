// What a renter does with a virtual machine beside logging in: the screen's
// commands, changes, reset and power-off, links with names, and a cancellation
// after it was deleted.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { renter } from "./app.mjs";
import { launch, open, patience, tab } from "./browser.mjs";
import { accessible } from "./check.mjs";
import { rest } from "./host.mjs";
import { command } from "./screen.mjs";

const { BASE: base, MACHINE: machine } = process.env;
/** limit ends a test that hangs, in ms. */
const limit = 1_500_000;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** greets reports whether an SSH server answers at a port. */
function greets(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 5_000 });
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("data", (data) => end(data.toString().startsWith("SSH-")));
    for (const event of ["error", "timeout", "close"]) socket.on(event, () => end(false));
  });
}

/** until waits for a condition that no event tells. */
async function until(page, what, holds) {
  const end = Date.now() + patience;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `in vain: ${what}`);
    await page.waitForTimeout(500);
  }
}

/**
 * inLog opens the guest's serial log, asks again and again for its starts until
 * one answer holds, and returns that. A page shows what it had until the first
 * answer is there, so that one is not looked at.
 */
async function inLog(page, { w, button, dialog }, holds) {
  const answer = () => page.waitForResponse((response) => response.url().includes("/tasks/logs/"));
  let answered = answer();
  await button(w.log).click();
  await answered;
  const end = Date.now() + patience;
  for (;;) {
    answered = answer();
    await answered; // what came before it is shown now
    const text = await dialog().locator("pre").textContent();
    const starts = text.match(/ready: .*/g) ?? [];
    if (holds(starts)) {
      await button(w.close, dialog()).click();
      return starts;
    }
    assert.ok(Date.now() < end, `in vain, in the log:\n${text}`);
  }
}

/** started returns the guest's starts, of which it has at least one. */
const started = (page, r) => inLog(page, r, (starts) => starts.length > 0);

/** again waits until the guest has started since. A log of 100 lines forgets old starts. */
const again = (page, r, before) =>
  inLog(page, r, (now) => now.length > before.length || (now.length > 0 && now.at(-1) !== before.at(-1)));

test("one virtual machine: screen, change, power-off, reset, a named link, and a cancellation after it was deleted", { timeout: limit }, async () => {
  const { page, context, faults } = await open(browser, { lang: "en", base });
  const r = renter(page, "en");
  const { w, button, dialog } = r;
  await r.createWallet();
  await r.faucet();
  const id = await r.rent(machine, "30m");
  await r.signIn();

  // A colleague's link has a name, which only this browser knows.
  await page.getByRole("radio", { name: "look", exact: true }).check();
  await page.getByLabel("Who is it for").fill("Wang Wei");
  await button("Make a link").click();
  await r.approve(w.signText);
  const link = await page.locator("code", { hasText: "#session=" }).textContent();
  assert.ok(!decodeURIComponent(link).includes("Wang"));
  await page.reload();
  await page.getByText("Wang Wei · look", { exact: true }).waitFor();
  await page.getByText("this browser", { exact: true }).waitFor();
  await button("Revoke").click();
  await dialog().getByText(/^Wang Wei · [0-9a-f]{16}$/).waitFor();
  await r.approve(w.signText);
  await page.getByText("Wang Wei · look", { exact: true }).waitFor({ state: "detached" });

  await r.createVm();
  await r.status(w.running).waitFor();
  const twin = await tab(context, faults);
  await twin.goto(`/rentals/${id}`);
  await r.of(twin).status(w.running).waitFor();
  const before = await started(page, r);
  await command(page, twin, r);
  await twin.close();
  await again(page, r, before);

  // A part whose code does not come takes neither the page nor the other parts.
  await page.route(/\/assets\/Console-.*\.js$/, (route) => route.abort());
  await button(w.console).click();
  await page.getByText("This part of the page failed").waitFor();
  await page.getByRole("heading", { name: "Money", exact: true }).waitFor();
  await page.unroute(/\/assets\/Console-.*\.js$/);
  await button("Try again").click();
  await r.status(w.running).waitFor();
  assert.match(faults.splice(0).join(), /MissingPart/); // which the browser's log has
  await button(w.console).click();
  await page.locator('[data-testid="console"][data-state="open"]').waitFor();
  await button(w.close, dialog()).click();

  // Ports change at once.
  const login = page.locator("code", { hasText: /^ssh -p / });
  const [, old, host] = /^ssh -p (\d+) \w+@(.+)$/.exec(await login.textContent());
  const port = Number(old) > 20_000 ? Number(old) - 101 : Number(old) + 101;
  await until(page, "the guest's SSH server answers", () => greets(host, old));
  await button("Change").click();
  const form = page.getByRole("form", { name: "Change the virtual machine" });
  await form.getByLabel("SSH port", { exact: true }).fill("70");
  await form.getByLabel("More ports", { exact: true }).fill(`tcp,${port + 1}:22`);
  await button("Change", form).click();
  await form.getByRole("alert").waitFor(); // below the machine's range
  await form.getByLabel("SSH port", { exact: true }).fill(String(port));
  await button("Change", form).click();
  await page.locator("code", { hasText: `ssh -p ${port} ` }).waitFor();
  await until(page, "it answers at the new ports", async () => (await greets(host, port)) && (await greets(host, port + 1)));
  assert.equal(await greets(host, old), false, "the old port is still open");

  // Memory changes with the next start, also after a power-off.
  const memory = form.getByLabel("Memory, GiB", { exact: true });
  assert.match(await memory.getAttribute("placeholder"), /^\d+[GM]$/);
  await memory.fill("1");
  await button("Change", form).click();
  const pending = page.getByText("Changed CPUs and memory count from the next start.");
  await pending.waitFor();
  await accessible(page, "change");
  await button("Change").first().click();
  await button("Power off").click();
  await r.status(w.off).waitFor();
  await page.getByText("Its renter powered it off.").waitFor();
  await button(w.start).click();
  await r.status(w.running).waitFor();
  await pending.waitFor({ state: "detached" });
  // Beside its name, and where it is compared with the listing.
  await until(page, "the new memory is shown", async () => (await page.getByText("1 GiB", { exact: true }).count()) === 2);

  const had = await started(page, r);
  await button("Reset").click();
  await again(page, r, had);
  await r.status(w.running).waitFor();

  // It ran, though the machine no longer has it: not-ready would be a lie.
  await button(w.delete).click();
  await r.approve(w.delete);
  await page.getByText("No virtual machine yet").waitFor();
  await page.reload();
  await page.getByText("No virtual machine yet").waitFor();
  await r.cancel("mind");
  await r.state(w.refunded).waitFor();
  const { rental } = await rest(`/dbc/rental/v1/rentals/${id}`);
  assert.equal(rental.transitions.at(-1).cause, "CAUSE_CHANGED_MIND");
  assert.deepEqual(faults, []);
  await context.close();
});
