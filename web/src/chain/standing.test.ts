import { expect, test } from "vitest";
import { ApiError } from "../node/api";
import { type Head, later } from "./head";
import { concerns, readNews } from "./live";
import { standing } from "./standing";

const now = Date.parse("2026-11-29T12:00:00Z");
const block = { chainId: "dbc-devnet-1", height: 7n, time: new Date(now - 6_000) };
const head: Head = { ...block, seen: now };

test.each([
  ["a block now", head, undefined, now, { is: "moving", height: 7n }],
  ["a block eight seconds ago", head, undefined, now + 8_000, { is: "moving", height: 7n }],
  ["no block for ten seconds", head, undefined, now + 10_000, { is: "still", seconds: 10 }],
  ["a node that lags", { ...head, time: new Date(now - 90_000) }, undefined, now, { is: "still", seconds: 90 }],
  ["the client node is away", head, new ApiError("UNREACHABLE_NODE", ""), now, { is: "nodeAway" }],
  ["its chain node is away", head, new ApiError("CHAIN_UNREACHABLE", ""), now, { is: "chainAway" }],
  ["its chain node is slow", head, new ApiError("TIMEOUT", ""), now, { is: "chainAway" }],
  ["nothing heard yet", undefined, undefined, now, { is: "unknown" }],
] as const)("%s", (_, told, error, at, want) => expect(standing(told, error, at, at)).toEqual(want));

test("a block that is told again stays as old as it is", () => {
  expect(later(head, block, now + 5_000).seen).toBe(now);
  expect(later(head, { ...block, height: 8n }, now + 5_000).seen).toBe(now + 5_000);
});

const message = (value: unknown) =>
  JSON.stringify({ jsonrpc: "2.0", id: 0, result: { query: "", data: { type: "", value } } });

test("a block's header", () => {
  const header = { chain_id: "dbc-devnet-1", height: "8", time: "2026-11-29T12:00:01Z" };
  expect(readNews(message({ header }))).toEqual({
    head: { chainId: "dbc-devnet-1", height: 8n, time: new Date(now + 1_000) },
  });
});

test("what a block and a transaction touched", () => {
  const attributes = [
    { key: "rent_id", value: '"17"' },
    { key: "renter", value: '"dbc1renter"' },
  ];
  expect(readNews(message({ height: "8", events: [{ type: "dbc.rental.v1.EventTransition", attributes }] }))).toEqual({
    touched: ['"17"', '"dbc1renter"'],
  });
  const events = [
    { type: "transfer", attributes: [{ key: "recipient", value: "dbc1host" }] },
    { type: "tx", attributes: [{ key: "fee", value: "1udbc" }] },
  ];
  expect(readNews(message({ TxResult: { result: { events } } }))).toEqual({ touched: ['"dbc1host"'] });
  expect(readNews('{"jsonrpc":"2.0","id":0,"result":{}}')).toEqual({ touched: [] });
});

test("only what was touched is asked anew", () => {
  const key = ["chain", "dbc.rental.v1.Query", "Explain", '{"rentId":"17"}'];
  expect(concerns(key, ['"17"'])).toBe(true);
  expect(concerns(key, ['"7"', '"dbc1renter"'])).toBe(false);
  expect(concerns(["chain", "rentals", "dbc1renter", false], ['"dbc1renter"'])).toBe(true);
  expect(concerns(["tasks", "17"], ['"17"'])).toBe(false);
});
