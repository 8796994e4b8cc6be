/**
 * The chain decides by its own time, and a node accepts signatures within two
 * minutes of its own, so the app follows the client node's clock, which every
 * answer carries in its Date header, rather than this computer's.
 */

let offset = 0;
let measured = false;

/**
 * observe reads the node's clock from an answer; the Date header has whole
 * seconds.
 */
export function observe(response: Response, sent: number): void {
  const told = Date.parse(response.headers.get("Date") ?? "");
  if (Number.isNaN(told)) return;
  const now = Date.now();
  const next = told + 500 - (sent + now) / 2;
  // Whole seconds shift the estimate by half a second; only a larger change is
  // significant.
  if (!measured || Math.abs(next - offset) > 1_500) offset = next;
  measured = true;
}

/** now returns the client node's time in milliseconds since 1970. */
export function now(): number {
  return Date.now() + offset;
}
