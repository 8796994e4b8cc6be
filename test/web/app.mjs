// Drives the app as a renter uses it, by what is on the screen, in either
// language.
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

    /** of drives another tab. */
    of: (tab) => renter(tab, lang),

    /** createWallet goes through the mnemonic, and returns it. */
    async createWallet() {
      await page.goto("/wallet");
      await button(w.create).click();
      await dialog().getByLabel(w.newPassword, { exact: true }).fill(password);
      await dialog().getByLabel(w.repeat).fill(password);
      await button(w.next, dialog()).click();
      const listed = page.getByTestId("words").locator("li");
      await listed.last().waitFor(); // the words appear when the code that generates them is loaded
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

    /** faucet returns the balance shown afterwards, in udbc. */
    async faucet() {
      await go("wallet");
      await button(w.faucet).click();
      await page.getByTestId("balance").filter({ hasText: /[1-9]/ }).waitFor();
      return this.balance();
    },

    /**
     * lost waits until the balance has fallen by an amount between least and
     * most.
     */
    async lost(had, least, most) {
      await page.getByTestId("balance").filter({ hasText: /\d/ }).waitFor();
      const until = Date.now() + 60_000;
      for (;;) {
        const gone = had - (await this.balance());
        if (gone > least && gone < most) return;
        if (Date.now() > until) throw new Error(`${gone} udbc are gone, not between ${least} and ${most}`);
        await page.waitForTimeout(200); // the old value is shown until the node has answered
      }
    },

    async balance() {
      const text = await page.getByTestId("balance").textContent();
      const [whole, rest = ""] = text.replace(/ DBC$/, "").replaceAll(",", "").split(".");
      return BigInt(whole + rest.padEnd(6, "0"));
    },

    /**
     * approve signs what the dialog shows, with the password if it is asked
     * for.
     */
    async approve(label = w.sign) {
      const sign = button(label, dialog());
      await sign.waitFor();
      const field = dialog().getByLabel(w.password, { exact: true });
      if (await field.count()) await field.fill(password);
      await sign.click();
      await dialog().waitFor({ state: "detached" });
    },

    /** cancel ends a trial for the cause that the page suggests, or another one. */
    async cancel(likely, cause = likely) {
      await button(w.cancel).click();
      await dialog().getByRole("radio", { name: w.causes[likely], exact: true, checked: true }).waitFor();
      await dialog().getByRole("radio", { name: w.causes[cause], exact: true }).check();
      await dialog().getByText(cause === "mind" ? w.feeShared : w.feeKept).waitFor();
      await button(w.cancel, dialog()).click();
      await dialog().getByText(w.causes[cause], { exact: true }).waitFor();
      await this.approve();
    },

    /** rent rents one slot of a machine, and returns the rental's number. */
    async rent(machineId, duration) {
      await page.goto(`/machines/${machineId}`);
      return this.rentThis(duration);
    },

    /** rentThis rents one slot of the machine whose page is open. */
    async rentThis(duration) {
      await page.getByRole("radio", { name: w.other, exact: true }).check();
      await page.getByLabel(w.duration, { exact: true }).fill(duration);
      await button(w.rent).click();
      await this.approve();
      await page.waitForURL(/\/rentals\/\d+(\?|$)/);
      return /\/rentals\/(\d+)/.exec(page.url())[1];
    },

    /**
     * confirmUntried confirms before a virtual machine has run, which requires
     * an additional decision.
     */
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
