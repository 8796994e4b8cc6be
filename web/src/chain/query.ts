import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { base16, base64 } from "@scure/base";
import { ChainError } from "../node/errors";
import { plain } from "../node/plain";
import { cleanLog, rpc } from "./rpc";

interface AbciAnswer {
  response: { code?: number; codespace?: string; log?: string; value?: string | null; height?: string };
}

/**
 * of matches the format in which cosmossdk.io/errors writes a registered error
 * into a gRPC status, which has no field for its code.
 */
const of = /\bcodespace (\w+) code (\d+): (.*)$/s;

/**
 * refused returns a query's refusal, with the code of the refusing module if it
 * is given.
 */
export function refused({ codespace = "", code = 0, log = "" }: AbciAnswer["response"]): ChainError {
  const [, space = codespace, number = code, what = log] = of.exec(log) ?? [];
  return new ChainError(space, Number(number), cleanLog(what));
}

/**
 * abciQuery calls a gRPC query method of the chain by its path,
 * /package.Service/Method.
 */
export async function abciQuery(path: string, request: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
  const data = base16.encode(request).toLowerCase();
  const { response } = await rpc<AbciAnswer>("abci_query", { path, data, height: "0", prove: false }, signal);
  if (response.code) throw refused(response);
  return base64.decode(response.value ?? "");
}

/** query calls a query method of the chain with typed request and reply. */
export async function query<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
  signal?: AbortSignal,
): Promise<MessageShape<O>> {
  const bytes = toBinary(method.input, create(method.input, request));
  return plain(fromBinary(method.output, await abciQuery(`/${method.parent.typeName}/${method.name}`, bytes, signal)));
}
