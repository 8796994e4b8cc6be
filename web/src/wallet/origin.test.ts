import { expect, test } from "vitest";
import { mayKeepKeys } from "./origin";

test.each([
  ["http://127.0.0.1:5050", true],
  ["http://localhost:5050", true],
  ["http://[::1]:5050", true],
  ["https://node.example", true],
  ["http://node.example", false],
  ["https://other.example", false],
  ["http://192.168.1.2:5050", false],
  ["https://127.0.0.1.example", false],
  ["https://localhost.example", false],
])("%s", (url, may) => expect(mayKeepKeys(new URL(url), { key_hosts: ["node.example"] })).toBe(may));
