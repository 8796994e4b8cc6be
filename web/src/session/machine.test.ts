import { afterEach, expect, test, vi } from "vitest";
import type { ApiError } from "../node/api";
import { ignored } from "../node/read";
import { callMachine } from "./machine";

const at = { chainId: "dbc-devnet-1", machineId: "0".repeat(64), height: 43n };
const behind = () =>
  new Response('{"errcode":-15,"code":"CHAIN_BEHIND","message":"x"}', { status: 503, headers: { "Retry-After": "1" } });

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a machine behind the app's block is told that block, and asked again", async () => {
  vi.useFakeTimers();
  const heights: (string | null)[] = [];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    heights.push(new Headers(init.headers).get("DBC-Height"));
    return heights.length < 3
      ? behind()
      : new Response('{"errcode":-3,"code":"NO_RENTAL","message":"x"}', { status: 403 });
  });
  const refused = callMachine(at, "/api/v1/tasks", {}, ignored).catch((error: ApiError) => error.code);
  await vi.runAllTimersAsync();
  expect(await refused).toBe("NO_RENTAL");
  expect(heights).toEqual(["43", "43", "43"]);
});

test("whoever leaves meanwhile does not wait", async () => {
  vi.stubGlobal("fetch", async () => behind());
  const gone = new AbortController();
  const refused = callMachine(at, "/api/v1/tasks", {}, ignored, undefined, gone.signal).catch((error) => error);
  setTimeout(() => gone.abort(new Error("gone")), 0);
  expect(await refused).toMatchObject({ message: "gone" });
});
