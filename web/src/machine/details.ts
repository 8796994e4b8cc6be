import { useQuery } from "@tanstack/react-query";
import { useMeta } from "../node/meta";
import { flag, list, maybe, record, text } from "../node/read";
import { callMachine } from "../session/machine";
import type { Image } from "./images";

/** Details is what a machine reports about itself. */
export interface Details {
  images: Image[];
  version: string;
}

/** readDetails reads what a machine reports about itself. */
export const readDetails = record<Details>({
  images: list(
    record<Image>({
      image_name: text,
      image_size: text,
      title: maybe(text),
      version: maybe(text),
      default: maybe(flag),
    }),
  ),
  version: text,
});

/** useDetails queries the machine itself, without authorization. */
export function useDetails(machineId: string) {
  const meta = useMeta();
  return useQuery({
    queryKey: ["details", machineId],
    queryFn: ({ signal }) =>
      callMachine(
        { chainId: meta?.chain_id ?? "", machineId },
        "/api/v1/mining_nodes",
        {},
        readDetails,
        undefined,
        signal,
      ),
    enabled: meta !== undefined,
    staleTime: 30_000,
    retry: 1,
  });
}
