import { useQuery } from "@tanstack/react-query";
import { get } from "./api";

/** Meta is what the client node tells its own web app. */
export interface Meta {
  chain_id: string;
  version: string;
  /** Names of http_hosts in core.conf, for which a wallet may be kept under https. */
  key_hosts: string[];
  /** Whether POST /api/v1/faucet gives coins. */
  faucet: boolean;
}

export const metaQuery = {
  queryKey: ["meta"],
  queryFn: ({ signal }: { signal: AbortSignal }) => get<Meta>("/api/v1/web", signal),
  staleTime: Number.POSITIVE_INFINITY,
};

/** useMeta is undefined until the client node answered. */
export function useMeta(): Meta | undefined {
  return useQuery(metaQuery).data;
}
