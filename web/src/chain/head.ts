import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { ApiError, get } from "../node/api";
import { rpc } from "./rpc";

interface Status {
  node_info: { network: string };
  sync_info: { latest_block_height: string; latest_block_time: string };
}

/** Head is the newest block that the client node reported. */
export interface Head {
  chainId: string;
  height: bigint;
  time: Date;
  /**
   * seen is when this page first saw it, in ms of this computer's clock: a
   * block's time is that of the previous one.
   */
  seen: number;
}

export const headKey = ["head"] as const;

/**
 * Timeouts of the chain's node, and then of the client node, in ms: together
 * with live's patience less than ten seconds.
 */
const chainMs = 2_500;
const nodeMs = 1_500;

/** later keeps the time at which a block was first seen. */
export function later(before: Head | undefined, next: Omit<Head, "seen">, now: number): Head {
  return { ...next, seen: before?.height === next.height ? before.seen : now };
}

/** askHead queries the chain and, if that fails, finds out what is unreachable. */
export async function askHead(signal: AbortSignal): Promise<Omit<Head, "seen">> {
  try {
    const { node_info, sync_info } = await rpc<Status>(
      "status",
      {},
      AbortSignal.any([signal, AbortSignal.timeout(chainMs)]),
    );
    return {
      chainId: node_info.network,
      height: BigInt(sync_info.latest_block_height),
      time: new Date(sync_info.latest_block_time),
    };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "UNREACHABLE_NODE") throw error;
    await get("/api/v1/web", AbortSignal.any([signal, AbortSignal.timeout(nodeMs)]));
    throw new ApiError("CHAIN_UNREACHABLE", "the client node answers, and its chain node does not");
  }
}

/** useHead returns the newest block; live updates it. */
export function useHead(): UseQueryResult<Head> {
  return useQuery<Head>({
    queryKey: headKey,
    queryFn: async ({ client, signal }) => later(client.getQueryData<Head>(headKey), await askHead(signal), Date.now()),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
