import type { Meta } from "../node/meta";

/** isLoopback reports whether a name leads nowhere but to the computer that asks. */
export function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  return name === "localhost" || name === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}

/**
 * mayKeepKeys tells whether a wallet may live in this page: on loopback, or by
 * https under a name that the node's operator listed. Anywhere else whoever
 * sits on the way could change the page and take the words.
 */
export function mayKeepKeys(location: { protocol: string; hostname: string }, meta: Pick<Meta, "key_hosts">): boolean {
  if (isLoopback(location.hostname)) return true;
  return location.protocol === "https:" && meta.key_hosts.includes(location.hostname.toLowerCase());
}
