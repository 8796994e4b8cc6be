/**
 * The chain decides by its own time and a node takes signatures within two
 * minutes of its own, so the app follows the client node's clock, which every
 * answer carries in its Date header, and not this computer's.
 */

let offset = 0;
let measured = false;

/** observe learns the node's clock from an answer; the Date header counts whole seconds. */
export function observe(response: Response, sent: number): void {
  const told = Date.parse(response.headers.get("Date") ?? "");
  if (Number.isNaN(told)) return;
  const now = Date.now();
  const next = told + 500 - (sent + now) / 2;
  // Whole seconds shake the estimate by half a second; only a larger move is news.
  if (!measured || Math.abs(next - offset) > 1_500) offset = next;
  measured = true;
}

/** now is the client node's time in milliseconds since 1970. */
export function now(): number {
  return Date.now() + offset;
}
