import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { base16, base64 } from "@scure/base";
import { plain } from "../node/plain";
import { ChainError, cleanLog, rpc } from "./rpc";

interface AbciAnswer {
  response: { code?: number; codespace?: string; log?: string; value?: string | null; height?: string };
}

/** abciQuery asks a gRPC query method of the chain by its path, as /package.Service/Method. */
export async function abciQuery(path: string, request: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
  const data = base16.encode(request).toLowerCase();
  const { response } = await rpc<AbciAnswer>("abci_query", { path, data, height: "0", prove: false }, signal);
  if (response.code) throw new ChainError(response.codespace ?? "", response.code, cleanLog(response.log ?? ""));
  return base64.decode(response.value ?? "");
}

/** query asks one of the chain's query methods with typed request and reply. */
export async function query<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
  signal?: AbortSignal,
): Promise<MessageShape<O>> {
  const bytes = toBinary(method.input, create(method.input, request));
  return plain(fromBinary(method.output, await abciQuery(`/${method.parent.typeName}/${method.name}`, bytes, signal)));
}
