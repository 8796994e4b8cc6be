import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create, toJsonString } from "@bufbuild/protobuf";
import { type UseQueryOptions, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { query, rpc } from "./rpc";

/** chainKey begins the keys of all that was read from the chain; invalidating it reads anew. */
export const chainKey = "chain";

/** useChainQuery asks a query method of the chain and keeps the answer fresh. */
export function useChainQuery<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
  options: Partial<UseQueryOptions<MessageShape<O>>> = {},
): UseQueryResult<MessageShape<O>> {
  const text = toJsonString(method.input, create(method.input, request));
  return useQuery<MessageShape<O>>({
    queryKey: [chainKey, method.parent.typeName, method.name, text],
    queryFn: ({ signal }) => query(method, request, signal),
    ...options,
  });
}

interface Status {
  node_info: { network: string };
  sync_info: { latest_block_height: string; latest_block_time: string; catching_up: boolean };
}

export interface Head {
  chainId: string;
  height: bigint;
  time: Date;
  catchingUp: boolean;
}

/** useHead is the newest block, asked for every few seconds. */
export function useHead(): UseQueryResult<Head> {
  return useQuery<Head>({
    queryKey: ["head"],
    queryFn: async ({ signal }) => {
      const { node_info, sync_info } = await rpc<Status>("status", {}, signal);
      return {
        chainId: node_info.network,
        height: BigInt(sync_info.latest_block_height),
        time: new Date(sync_info.latest_block_time),
        catchingUp: sync_info.catching_up,
      };
    },
    refetchInterval: 5_000,
  });
}
