/**
 * The app's code is loaded in parts. A part that fails to load is requested
 * again before a page gives up.
 */

/**
 * Delays before retries, in ms: together longer than a client node takes to
 * restart.
 */
const waits = [300, 1_000, 3_000, 6_000];

/**
 * MissingPart is thrown for a part of the app that its client node did not
 * serve.
 */
export class MissingPart extends Error {
  override name = "MissingPart";
}

/** load imports a part of the app, with retries. */
export async function load<T>(part: () => Promise<T>): Promise<T> {
  let failure: unknown;
  for (const wait of [0, ...waits]) {
    try {
      if (!wait) return await part();
      await new Promise((resolve) => setTimeout(resolve, wait));
      await style();
      return await part();
    } catch (error) {
      failure = error;
    }
  }
  throw new MissingPart(failure instanceof Error ? failure.message : String(failure));
}

/**
 * style requests failed style sheets again: the bundler's own code tries only
 * once.
 */
async function style(): Promise<void> {
  const links = [...document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')];
  const missing = links.filter((link) => !came(link));
  await Promise.all(
    missing.map(
      (link) =>
        new Promise<void>((resolve, reject) => {
          const again = link.cloneNode() as HTMLLinkElement;
          again.onload = () => resolve();
          again.onerror = () => reject(new Error(`Failed to fetch the style sheet: ${link.href}`));
          link.replaceWith(again);
        }),
    ),
  );
}

/**
 * came is false for a style sheet that failed: Chromium creates one
 * nevertheless, but it cannot be read.
 */
function came({ sheet }: HTMLLinkElement): boolean {
  try {
    return sheet !== null && sheet.cssRules.length > 0;
  } catch {
    return false;
  }
}
