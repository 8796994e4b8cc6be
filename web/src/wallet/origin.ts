import type { Meta } from "../node/meta";

/** isLoopback reports whether a host name always refers to this computer. */
export function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  return name === "localhost" || name === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}

/**
 * mayKeepKeys reports whether this page may keep a wallet: on loopback, or over
 * https under a name that the node's operator listed. Anywhere else an attacker
 * on the network could change the page and steal the mnemonic.
 */
export function mayKeepKeys(location: { protocol: string; hostname: string }, meta: Pick<Meta, "key_hosts">): boolean {
  if (isLoopback(location.hostname)) return true;
  return location.protocol === "https:" && meta.key_hosts.includes(location.hostname.toLowerCase());
}
