// What hosts and developers do in the app, by what is on the screen; renters
// are in app.mjs.
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { password } from "./app.mjs";

const run = promisify(execFile);
const { BASE: base, DBC_HOME: home } = process.env;
const programs = resolve(import.meta.dirname, "../../bin");

export const texts = {
  en: {
    importWallet: "Import", importLabel: "Words or private key", name: "Name", add: "Add an account",
    duration: "duration, in days", addDuration: "add_duration, in days", submit: "Submit the transaction",
    carriedOut: "Carried out", confirmBefore: "Confirm before", ask: "Ask the chain", json: "JSON", newEnd: "New end",
    module: "Module", message: "Message", query: "Query", events: /^Events/, rented: "The renter rented the machine",
    confirmed: "The renter confirmed in time", renewed: "The renter renewed", brokenByOwner: "The machine's owner ended the rental early",
  },
  zh: {
    importWallet: "导入", importLabel: "助记词或私钥", name: "名称", add: "添加账户",
    duration: "duration（天）", addDuration: "add_duration（天）", submit: "提交交易",
    carriedOut: "已执行", confirmBefore: "确认截止", ask: "查询", json: "JSON", newEnd: "新的到期时间",
    module: "模块", message: "消息", query: "查询", events: /^事件/, rented: "租用方租下了机器",
    confirmed: "租用方按时确认", renewed: "租用方续租", brokenByOwner: "机器所有者提前终止了租用",
  },
};

/** secretOf returns the private key of one of the devnet's wallets. */
export async function secretOf(name) {
  const args = ["keys", "export", name, "--unsafe", "--unarmored-hex", "--keyring-backend", "test", "--keyring-dir", `${home}/keys`];
  const exported = run(`${programs}/dbcd`, args);
  exported.child.stdin.end("y\n");
  return /^[0-9a-f]{64}$/m.exec((await exported).stdout)[0];
}

/** dbc runs a command as the pages show it. */
export async function dbc(command) {
  const [, ...args] = command.split(" ");
  await run(`${programs}/dbc`, [...args, "--home", home]);
}

/** udbc parses an amount as English pages show it. */
export function udbc(text) {
  const [whole, rest = ""] = text.replace(/ DBC$/, "").replaceAll(",", "").split(".");
  return BigInt(whole + rest.padEnd(6, "0"));
}

/** rest queries the chain independently of the app. */
export async function rest(path) {
  const answer = await fetch(`${base}/chain/rest${path}`);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** importKey stores a key in the browser and acts with it. */
export async function importKey(page, r, lang, name, key) {
  const t = texts[lang];
  await page.goto("/wallet");
  await page.getByRole("heading", { level: 1 }).waitFor();
  const add = r.button(t.add);
  if (await add.count()) await add.click();
  await page.getByRole("button", { name: new RegExp(`^${t.importWallet}`) }).click();
  await r.dialog().getByLabel(t.importLabel).fill(key);
  await r.dialog().getByLabel(t.name, { exact: true }).fill(name);
  for (const field of await r.dialog().locator("input[type=password]").all()) await field.fill(password);
  await r.button(t.importWallet, r.dialog()).click();
  await r.dialog().waitFor({ state: "detached" });
}

/** developer drives the Developer page. */
export function developer(page, r, lang) {
  const t = texts[lang];
  const answer = async () => {
    const card = page.locator("section").filter({ has: page.getByRole("heading", { name: t.carriedOut, exact: true }) });
    await card.getByText(t.events).waitFor();
    return JSON.parse(await card.locator("pre").first().textContent());
  };
  return {
    /** guide opens one of the guide's functions for a machine. */
    async guide(call, machine) {
      await page.goto(`/developer?call=${call}&machine_id=${machine}`);
      await page.getByRole("radio", { name: new RegExp(`^${call}\\(`), checked: true }).waitFor();
    },

    /** submit signs the first form of the page, and returns the answer's JSON. */
    async submit(place = 0) {
      const button = r.button(t.submit).nth(place);
      await page.waitForFunction((b) => !b.disabled, await button.elementHandle());
      await button.click();
      await r.approve();
      return answer();
    },

    /** message sends any message, written as JSON. */
    async message(type, json) {
      await page.goto(`/developer?message=${type}`);
      await page.getByRole("radio", { name: t.json, exact: true }).check();
      const text = page.getByLabel(type, { exact: true });
      await text.fill(JSON.stringify({ ...JSON.parse(await text.inputValue()), ...json }));
      return this.submit(1);
    },

    /** query sends any query through its form. */
    async query(name, fields) {
      await page.goto(`/developer/state?query=${name}`);
      for (const [field, value] of Object.entries(fields)) await page.getByLabel(new RegExp(`^${field} `)).fill(value);
      await r.button(t.ask).click();
      return JSON.parse(await page.locator("pre").textContent());
    },
  };
}
