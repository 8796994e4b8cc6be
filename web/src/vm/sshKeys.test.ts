import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { keyProblem, readKeys } from "./sshKeys";

/** The machine's own test cases: what it accepts is never refused here. */
const file = (name: string) => readKeys(readFileSync(`../seed/sshkey/testdata/${name}`, "utf8"));

test.each([
  "k_ed25519",
  "k_ecdsa",
  "k_rsa",
  "k_sk_ed25519",
  "crlf",
  "leading_space",
  "unicode_comment",
  "bom_key",
  "k_cert",
])("%s.pub is a key", (name) => {
  const keys = file(`${name}.pub`);
  expect(keys).toHaveLength(1);
  expect(keys.map(keyProblem)).toEqual([undefined]);
});

test.each([
  ["options", "options"],
  ["k_dsa", "dsa"],
  ["k_cert-cert", "certificate"],
  ["first_line_broken", "broken"],
  ["wrapped", "broken"],
  ["rfc4716", "ssh2"],
])("%s.pub is refused: %s", (name, problem) => {
  expect(file(`${name}.pub`).map(keyProblem)[0]).toBe(problem);
});

test("private keys are told from public ones", () => {
  expect(keyProblem("-----BEGIN OPENSSH PRIVATE KEY-----")).toBe("private");
  expect(keyProblem("PuTTY-User-Key-File-3: ssh-ed25519")).toBe("private");
});
