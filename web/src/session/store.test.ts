import { expect, test } from "vitest";
import { fromLink, type Granted, linkOf } from "./store";

const session = {
  id: "a".repeat(64),
  wallet: "dbc1tp7fhly84qm6q4hhzmp0nh5frtdugmyscfvhvp",
  rentId: "7",
  machineId: "b".repeat(64),
  scope: "read",
  expiry: 1_795_438_800,
} as Granted;

test("a link gives the session that was put into it", () => {
  const key = new Uint8Array(32).fill(7);
  expect(fromLink(linkOf(session, key))).toEqual({ session, privateKey: key });
});

test.each([
  "",
  "#session=",
  "#session=a.b.c",
  `#session=${"a".repeat(64)}.dbc1x.7.${"b".repeat(64)}.root.1.${"c".repeat(64)}`,
])("%s is none", (hash) => expect(fromLink(hash)).toBeNull());
