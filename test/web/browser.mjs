// Starts the system's browser, with pages that fail a test if the app did
// something wrong unseen.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

/** executable returns the browser's path. */
export function executable() {
  const told = process.env.CHROMIUM;
  if (told) return told;
  for (const path of ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/snap/bin/chromium"]) if (existsSync(path)) return path;
  throw new Error("no Chromium: run scripts/setup.sh, or name one in CHROMIUM");
}

// Nobody watches: without a GPU, rendering in software costs less than
// emulating one. Root, as which CI runs, has no sandbox.
const flags = ["--disable-gpu", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])];

/** launch starts the browser. */
export function launch() {
  const path = executable();
  execFileSync(path, ["--version"]);
  return chromium.launch({ executablePath: path, args: flags });
}

/**
 * launchWith starts one with an extension, which needs its own profile and the
 * newer headless mode.
 */
export function launchWith(profile, extension) {
  const args = [...flags, "--headless=new", `--disable-extensions-except=${extension}`, `--load-extension=${extension}`];
  return chromium.launchPersistentContext(profile, { executablePath: executable(), headless: false, args });
}

/**
 * Messages of the browser about answers that tests cause: an unreachable node,
 * a refusal.
 */
const expected = [/Failed to load resource: (net::ERR_|the server responded)/];

/**
 * patience, in ms, is far above what a slow computer needs: it ends a test that
 * hangs. PATIENCE shortens it while writing a test.
 */
export const patience = Number(process.env.PATIENCE ?? 240_000);

/**
 * open returns a page in a language; faults collects errors that a renter would
 * never see.
 */
export async function open(browser, { lang = "en", dark = false, phone = false, base }) {
  const context = await browser.newContext({
    baseURL: base,
    locale: lang === "zh" ? "zh-CN" : "en-GB",
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
    viewport: phone ? { width: 390, height: 844 } : { width: 1360, height: 900 },
    ...(phone && { hasTouch: true, isMobile: true, deviceScaleFactor: 2 }),
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const faults = [];
  const page = await tab(context, faults);
  return { context, page, faults };
}

/** tab opens another page of a context, whose errors are collected too. */
export async function tab(context, faults) {
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.on("pageerror", (error) => faults.push(`${error.message}\n${error.stack}`));
  page.on("console", (message) => {
    const bad = ["error", "warning"].includes(message.type());
    if (bad && !expected.some((e) => e.test(message.text()))) faults.push(message.text());
  });
  return page;
}
