import { ErrorNote } from "./ErrorNote";
import { Loading } from "./Spinner";

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
 * may stay beside it.
 */
export function Asked({ query, label }: { query: Query; label?: string }) {
  if (query.isError) return <ErrorNote error={query.error} onRetry={() => void query.refetch()} />;
  return query.isPending && label !== undefined ? <Loading label={label} /> : null;
}
