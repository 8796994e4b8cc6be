import { sha256 } from "@noble/hashes/sha2.js";
import { base64, base64nopad } from "@scure/base";

/** HostKey is a guest's SSH host key as ssh displays and stores it. */
export interface HostKey {
  /** type as ssh names it next to the fingerprint. */
  type: string;
  fingerprint: string;
  /** known is a line for known_hosts, absent if the address is not known. */
  known?: string;
}

const names: Record<string, string> = { "ssh-ed25519": "ED25519", "ssh-rsa": "RSA" };

/**
 * readHostKey parses a public key's line, and returns undefined if it is
 * invalid.
 */
export function readHostKey(line: string, at: { ssh_ip?: string; ssh_port?: string }): HostKey | undefined {
  const [, type = "", blob = ""] =
    /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) ([A-Za-z0-9+/]{32,1200}={0,2})(?: |$)/.exec(line) ?? [];
  if (!blob) return undefined;
  let bytes: Uint8Array;
  try {
    bytes = base64.decode(blob);
  } catch {
    return undefined;
  }
  const { ssh_ip: ip = "", ssh_port: port = "" } = at;
  const known = /^[0-9a-fA-F.:]{3,45}$/.test(ip) && /^\d{1,5}$/.test(port);
  const place = port === "22" ? ip : `[${ip}]:${port}`;
  return {
    type: names[type] ?? "ECDSA",
    fingerprint: `SHA256:${base64nopad.encode(sha256(bytes))}`,
    ...(known && { known: `${place} ${type} ${blob}` }),
  };
}
