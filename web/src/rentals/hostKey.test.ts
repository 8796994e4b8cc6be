import { expect, test } from "vitest";
import { readHostKey } from "./hostKey";

// Made by ssh-keygen, which also told the fingerprint.
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGR9f417ePPN7ZeBcjCh7UObvk72rSb2UVh6OqTo0HaW";
const fingerprint = "SHA256:1WmGYlL2+6PGFUI1uBiusnhWI3aGcALYLQ5fBFqzf60";

test("a host key as ssh shows and keeps it", () => {
  expect(readHostKey(`${key} root@guest`, { ssh_ip: "203.0.113.7", ssh_port: "5682" })).toEqual({
    type: "ED25519",
    fingerprint,
    known: `[203.0.113.7]:5682 ${key}`,
  });
  expect(readHostKey(key, { ssh_ip: "2001:db8::1", ssh_port: "22" })?.known).toBe(`2001:db8::1 ${key}`);
  expect(readHostKey(key, {})).toEqual({ type: "ED25519", fingerprint });
});

test.each(["", "ssh-ed25519", "ssh-ed25519 !!", `x ${key}`, `${key}; rm -rf ~`, "ssh-dss AAAAB3NzaC1kc3MAAACBAO"])(
  "%j is no host key",
  (line) => expect(readHostKey(line, {})).toBeUndefined(),
);

test("nothing but checked parts reaches the line to paste", () => {
  expect(readHostKey(key, { ssh_ip: "a\nb", ssh_port: "22" })?.known).toBeUndefined();
  expect(readHostKey(key, { ssh_ip: "203.0.113.7", ssh_port: "22 x" })?.known).toBeUndefined();
});
