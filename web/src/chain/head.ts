import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { rpc } from "./rpc";

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
