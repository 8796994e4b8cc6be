import { useQueryClient } from "@tanstack/react-query";
import { codeOf, isOutage } from "../node/errors";
import { ErrorNote } from "./ErrorNote";
import { Loading } from "./Spinner";
import { useFirst } from "./useFirst";

/** Query is what the frame needs of a question to a node or the chain. */
interface Query {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  refetch: () => Promise<unknown>;
}

/**
 * Asked stands where an answer comes: that it is being read, where a label
 * names it, or why it failed, with a way to try again. An answer from before
 * may stay beside it. An outage fails every question of a page, and is told
 * once; trying again then asks all of them.
 */
export function Asked({ query, label }: { query: Query; label?: string }) {
  const client = useQueryClient();
  const outage = query.isError && isOutage(query.error);
  const first = useFirst(outage ? codeOf(query.error) : undefined);
  if (query.isError) {
    const again = () =>
      outage
        ? client.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" })
        : query.refetch();
    return first ? <ErrorNote error={query.error} onRetry={() => void again()} /> : null;
  }
  return query.isPending && label !== undefined ? <Loading label={label} /> : null;
}
