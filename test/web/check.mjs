// What every page must pass, and pictures for the documents.
import assert from "node:assert/strict";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";

const { SHOTS: shots } = process.env;

/** accessible fails where axe finds something serious. */
export async function accessible(page, what) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  assert.deepEqual(
    grave.map((v) => `${what}: ${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`),
    [],
  );
}

/** shoot keeps a picture where SHOTS names a folder. */
export async function shoot(page, name) {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
}
