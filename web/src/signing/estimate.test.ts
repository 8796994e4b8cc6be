import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { base16, base64 } from "@scure/base";
import { expect, test, vi } from "vitest";
import { QueryAccountInfoResponseSchema } from "../gen/cosmos/auth/v1beta1/query_pb";
import { MsgSendSchema } from "../gen/cosmos/bank/v1beta1/tx_pb";
import { AuthInfoSchema, TxRawSchema } from "../gen/cosmos/tx/v1beta1/tx_pb";
import type { ChainError } from "../node/errors";
import { estimate, msg } from "./tx";

/** chain answers queries as a node does with transactions of the account in its mempool. */
const chain = vi.hoisted(() => ({ committed: 0n, waiting: 0n, refusal: 0, simulated: 0 }));

vi.mock("../chain/rpc", async (original) => ({
  ...(await original<typeof import("../chain/rpc")>()),
  rpc: async (_: string, { path, data }: { path: string; data: string }) => ({ response: answer(path, data) }),
}));

function answer(path: string, data: string) {
  if (path === "/cosmos.auth.v1beta1.Query/AccountInfo") {
    const reply = create(QueryAccountInfoResponseSchema, { info: { sequence: chain.committed } });
    return { value: base64.encode(toBinary(QueryAccountInfoResponseSchema, reply)) };
  }
  if (path !== "/app/simulate") return { value: "" };
  chain.simulated++;
  const raw = fromBinary(TxRawSchema, base16.decode(data.toUpperCase()));
  const [signer] = fromBinary(AuthInfoSchema, raw.authInfoBytes).signerInfos;
  if (signer?.sequence !== chain.committed + chain.waiting)
    return { codespace: "sdk", code: 32, log: "wrong sequence" };
  if (chain.refusal) return { codespace: "rental", code: chain.refusal, log: "refused" };
  return { value: base64.encode(new TextEncoder().encode('{"gas_info":{"gas_used":"1000000"}}')) };
}

const account = { kind: "local", address: "dbc1", name: "", publicKey: new Uint8Array(33) } as const;
const asked = () => estimate(account, [msg(MsgSendSchema, {})]);

test.each([
  ["nothing waits", 0n],
  ["what was sent before waits for its block", 1n],
  ["seven wait, which other programs sent", 7n],
])("%s: the estimate is there", async (_, waiting) => {
  Object.assign(chain, { committed: 4n, waiting, refusal: 0, simulated: 0 });
  expect((await asked()).gas).toBeGreaterThan(1_300_000n);
  expect(chain.simulated).toBe(Number(waiting) + 1);
});

test.each([
  ["a sequence that is never the right one ends", 100n, 0, "sdk", 32, 9],
  ["a refusal by a module is told at once", 0n, 5, "rental", 5, 1],
])("%s", async (_, waiting, refusal, codespace, code, simulated) => {
  Object.assign(chain, { committed: 4n, waiting, refusal, simulated: 0 });
  const error = (await asked().catch((e) => e)) as ChainError;
  expect([error.codespace, error.code, chain.simulated]).toEqual([codespace, code, simulated]);
});
