import { useQueryClient } from "@tanstack/react-query";
import { codeOf, isOutage } from "../node/errors";
import { ErrorNote } from "./ErrorNote";
import { Loading } from "./Spinner";
import { useFirst } from "./useFirst";

/** Query is what Asked needs of a query to a node or the chain. */
interface Query {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  refetch: () => Promise<unknown>;
}

/**
 * Asked is shown in place of a result: that it is loading, if a label names it,
 * or why it failed, with a button to retry. An earlier result may stay next to
 * it. An outage fails every query of a page, and is shown once; retrying then
 * repeats all of them.
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
