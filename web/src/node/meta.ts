import { useQuery } from "@tanstack/react-query";
import { get } from "./api";

/** Meta is what the client node reports to its own web app. */
export interface Meta {
  chain_id: string;
  version: string;
  /**
   * Names in http_hosts of core.conf, under which a wallet may be kept over
   * https.
   */
  key_hosts: string[];
  /** Whether POST /api/v1/faucet gives coins. */
  faucet: boolean;
}

export const metaQuery = {
  queryKey: ["meta"],
  queryFn: ({ signal }: { signal: AbortSignal }) => get<Meta>("/api/v1/web", signal),
  staleTime: Number.POSITIVE_INFINITY,
};

/** useMeta returns undefined until the client node has answered. */
export function useMeta(): Meta | undefined {
  return useQuery(metaQuery).data;
}
