// The app as a renter uses it: by what stands on the screen, in either language.
import { words } from "./words.mjs";

export const password = "correct horse battery";

export function renter(page, lang) {
  const w = words[lang];
  const button = (name, within = page) => within.getByRole("button", { name, exact: true });
  const dialog = () => page.getByRole("dialog");
  const go = (to) => page.getByRole("navigation").getByRole("link", { name: w.nav[to] }).click();

  return {
    w,
    button,
    dialog,
    go,

    /** createWallet goes through the words, and gives them. */
    async createWallet() {
      await page.goto("/wallet");
      await button(w.create).click();
      await dialog().getByLabel(w.newPassword, { exact: true }).fill(password);
      await dialog().getByLabel(w.repeat).fill(password);
      await button(w.next, dialog()).click();
      const listed = page.getByTestId("words").locator("li");
      await listed.last().waitFor(); // the words come when the code that makes them is loaded
      const shown = await listed.allTextContents();
      await button(w.written, dialog()).click();
      await dialog().getByRole("textbox").first().waitFor();
      for (const [place, word] of shown.entries()) {
        const field = dialog().getByLabel(w.word(place + 1), { exact: true });
        if (await field.count()) await field.fill(word);
      }
      await button(w.create, dialog()).click();
      await dialog().waitFor({ state: "detached" });
      return shown;
    },

    /** faucet gives the balance that is then shown, in udbc. */
    async faucet() {
      await go("wallet");
      await button(w.faucet).click();
      await page.getByTestId("balance").filter({ hasText: /[1-9]/ }).waitFor();
      return this.balance();
    },

    /** lost waits until the balance is between least and most below what it was. */
    async lost(had, least, most) {
      await page.getByTestId("balance").filter({ hasText: /\d/ }).waitFor();
      const until = Date.now() + 60_000;
      for (;;) {
        const gone = had - (await this.balance());
        if (gone > least && gone < most) return;
        if (Date.now() > until) throw new Error(`${gone} udbc are gone, not between ${least} and ${most}`);
        await page.waitForTimeout(200); // what was known before is shown until the node has answered
      }
    },

    async balance() {
      const text = await page.getByTestId("balance").textContent();
      const [whole, rest = ""] = text.replace(/ DBC$/, "").replaceAll(",", "").split(".");
      return BigInt(whole + rest.padEnd(6, "0"));
    },

    /** approve signs what the dialog shows, with the password where it is asked for. */
    async approve(label = w.sign) {
      const sign = button(label, dialog());
      await sign.waitFor();
      const field = dialog().getByLabel(w.password, { exact: true });
      if (await field.count()) await field.fill(password);
      await sign.click();
      await dialog().waitFor({ state: "detached" });
    },

    /** cancel ends a trial for the cause that the page finds likely, or another one. */
    async cancel(likely, cause = likely) {
      await button(w.cancel).click();
      await dialog().getByRole("radio", { name: w.causes[likely], exact: true, checked: true }).waitFor();
      await dialog().getByRole("radio", { name: w.causes[cause], exact: true }).check();
      await dialog().getByText(cause === "mind" ? w.feeShared : w.feeKept).waitFor();
      await button(w.cancel, dialog()).click();
      await dialog().getByText(w.causes[cause], { exact: true }).waitFor();
      await this.approve();
    },

    /** rent rents one slot of a machine, and gives the rental's number. */
    async rent(machineId, duration) {
      await page.goto(`/machines/${machineId}`);
      await page.getByRole("radio", { name: w.other, exact: true }).check();
      await page.getByLabel(w.duration, { exact: true }).fill(duration);
      await button(w.rent).click();
      await this.approve();
      await page.waitForURL(/\/rentals\/\d+$/);
      return /\d+$/.exec(page.url())[0];
    },

    /** confirmUntried asks to confirm before a virtual machine has run, which takes a decision of its own. */
    async confirmUntried() {
      await button(w.confirm).click();
      const go = button(w.confirmUntried, dialog());
      if (!(await go.isDisabled())) throw new Error("it can be confirmed untried at once");
      await dialog().getByLabel(w.untried, { exact: true }).check();
      await go.click();
    },

    async signIn() {
      await button(w.signIn).click();
      await this.approve(w.signText);
    },

    async createVm(publicKey = "") {
      await button(w.createVm).first().click();
      if (publicKey) await page.getByLabel(w.sshKeys, { exact: true }).fill(publicKey);
      await button(w.createNow).click();
    },

    status: (text) => page.getByTestId("status").filter({ hasText: text }),
    state: (text) => page.locator("header").getByText(text, { exact: true }),
  };
}
