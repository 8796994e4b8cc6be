import { lazy, Suspense } from "react";
import { useMeta } from "../node/meta";
import { load } from "../ui/load";
import { useOutbox } from "../wallet/outbox";

// Its code, which talks to the chain, is loaded only by the few pages that have
// something to show.
const Pending = lazy(() => load(() => import("./Pending")));

/**
 * PendingNote shows, on every page, what was sent and is in no block yet, and
 * settles what no tab waits for.
 */
export function PendingNote() {
  const meta = useMeta();
  const list = useOutbox(meta?.chain_id);
  return (
    <Suspense fallback={null}>
      {list.map((sent) => (
        <Pending key={sent.hash} sent={sent} />
      ))}
    </Suspense>
  );
}
