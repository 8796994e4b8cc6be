import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create, toJsonString } from "@bufbuild/protobuf";
import { type UseQueryOptions, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { chainKey, unmoved } from "./key";
import { query } from "./query";

/**
 * useChainQuery calls a query method of the chain and keeps the result up to
 * date.
 */
export function useChainQuery<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
  options: Partial<UseQueryOptions<MessageShape<O>>> = {},
): UseQueryResult<MessageShape<O>> {
  const text = toJsonString(method.input, create(method.input, request));
  return useQuery<MessageShape<O>>({
    queryKey: [chainKey, method.parent.typeName, method.name, text],
    queryFn: ({ signal }) => query(method, request, signal),
    refetchInterval: unmoved,
    ...options,
  });
}
