/**
 * Checks that a browser can make of a public key before the machine does. The
 * machine decides (seed/sshkey): this only gives faster feedback about what
 * people paste.
 */
export type KeyProblem = "broken" | "options" | "dsa" | "private" | "ssh2" | "certificate";

const types =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com)$/;

/** readKeys splits pasted text: one key per line, without a byte order mark. */
export function readKeys(text: string): string[] {
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/**
 * keyProblem returns what is wrong with a line, or undefined if it looks like a
 * key.
 */
export function keyProblem(line: string): KeyProblem | undefined {
  if (/PRIVATE KEY|^PuTTY-User-Key-File/.test(line)) return "private";
  if (line.includes("BEGIN SSH2")) return "ssh2";
  const words = line.split(/\s+/);
  const [type = "", key = ""] = words;
  if (type === "ssh-dss") return "dsa";
  if (/-cert-v01@openssh\.com$/.test(type)) return "certificate";
  if (types.test(type)) return named(key) === type ? undefined : "broken";
  // Options precede the type, and may contain spaces within quotes.
  return words.some((word) => types.test(word)) ? "options" : "broken";
}

/** named reads the type that a key contains; a truncated line may have none. */
function named(key: string): string {
  try {
    const bytes = Uint8Array.from(atob(key), (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    let at = 0;
    let name = "";
    while (at < bytes.length) {
      const length = view.getUint32(at);
      if (at + 4 + length > bytes.length) return "";
      if (at === 0) name = new TextDecoder().decode(bytes.slice(4, 4 + length));
      at += 4 + length;
    }
    // An ed25519 key has two parts; a key truncated between two parts has
    // fewer.
    return name;
  } catch {
    return "";
  }
}
