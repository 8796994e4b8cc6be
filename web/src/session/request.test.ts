import { expect, test } from "vitest";
import vectors from "../../testdata/vectors.json";
import { fromHex } from "../wallet/encoding";
import { addressOf, privateKey, publicKey } from "../wallet/keys";
import { signText } from "../wallet/sign";
import { authHeader, grantText, newNonce, requestText, sessionId, verifyReply } from "./request";

const utf8 = new TextEncoder();
const key = fromHex(vectors.private_key);
const request = {
  chainId: "dbc-devnet-1",
  method: "POST",
  target: vectors.request.target,
  machineId: vectors.machine_id,
  body: utf8.encode(vectors.request.body),
  time: vectors.request.time,
  nonce: vectors.request.nonce,
};

test("a request is signed as the node's own client signs it", () => {
  const text = requestText(request);
  expect(text).toBe(vectors.request.text);
  const sign = signText(text, key);
  expect(authHeader(vectors.address, request.time, request.nonce, sign)).toBe(vectors.request.header);
});

test("a session's key has the header's sixth field", () => {
  expect(authHeader("w", 1, "n", "s", "id")).toBe("v1 w 1 n s id");
});

test("a grant", () => {
  const text = grantText({
    chainId: "dbc-devnet-1",
    machineId: vectors.machine_id,
    rentId: 7n,
    publicKey: vectors.grant.public_key,
    scope: "operate",
    expiry: vectors.grant.expiry,
  });
  expect(text).toBe(vectors.grant.text);
  expect(sessionId(text)).toBe(vectors.grant.id);
  expect(signText(text, key)).toBe(vectors.grant.sign);
});

test("only the machine's own answer to this request passes", () => {
  const { status, body, sign } = vectors.reply;
  const ok = (machine = vectors.machine_id, text = vectors.request.text, code = status, answer = body, by = sign) =>
    verifyReply(machine, text, code, utf8.encode(answer), by);
  expect(ok()).toBe(true);
  expect(ok(undefined, undefined, undefined, `${body} `)).toBe(false);
  expect(ok(undefined, undefined, 403)).toBe(false);
  expect(ok(undefined, `${vectors.request.text}x`)).toBe(false);
  expect(ok("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")).toBe(false);
  expect(ok(undefined, undefined, undefined, undefined, "")).toBe(false);
  expect(ok(undefined, undefined, undefined, undefined, sign.toUpperCase())).toBe(false);
  // With R the identity and s zero, the signature verifies for any text under
  // this key of low order.
  expect(ok(`01${"00".repeat(31)}`, undefined, undefined, undefined, `01${"00".repeat(63)}`)).toBe(false);
});

test("the address is the chain's", () => {
  expect(addressOf(publicKey(key))).toBe(vectors.address);
});

test("words give the key that Keplr and the SDK derive", () => {
  const words = `${"abandon ".repeat(11)}about`;
  expect(addressOf(publicKey(privateKey({ words, index: 0 })))).toBe("dbc19rl4cm2hmr8afy4kldpxz3fka4jguq0acrzlra");
});

test("nonces differ", () => {
  expect(newNonce()).not.toBe(newNonce());
  expect(newNonce()).toMatch(/^[0-9a-f]{32}$/);
});
