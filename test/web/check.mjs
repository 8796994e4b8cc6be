// What every page must pass, and pictures for the documents.
import assert from "node:assert/strict";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";

const { SHOTS: shots } = process.env;
/** phone is a tall one, so that a picture shows more. */
const phone = { width: 390, height: 1_500 };

/**
 * accessible fails if axe finds something serious. With preload axe requests the
 * page's styles, which a page without connections forbids.
 */
export async function accessible(page, what, preload = true) {
  const { violations } = await new AxeBuilder({ page }).options({ preload }).analyze();
  const grave = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  assert.deepEqual(
    grave.map((v) => `${what}: ${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`),
    [],
  );
}

/**
 * shoot takes pictures if SHOTS names a folder: of a page as it is, and of a
 * wide one also in dark mode and on a phone.
 */
export async function shoot(page, name) {
  if (!shots) return;
  const wide = page.viewportSize();
  await page.mouse.move(0, 0); // so that nothing is hovered
  const looks = [["", wide, undefined]];
  if (wide.width > 1_000)
    looks.push(["-dark", wide, "dark"], ["-phone", phone, "light"], ["-phone-dark", phone, "dark"]);
  for (const [look, size, colorScheme] of looks) {
    if (colorScheme) await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    await page.waitForTimeout(500); // pictures are looked at, not compared
    await page.locator('[role="status"][aria-live="polite"] > *').first().waitFor({ state: "detached" }); // earlier notifications do not belong into this picture
    await page.screenshot({ path: join(shots, `${name}${look}.png`) });
  }
  if (looks.length === 1) return;
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(wide);
}
