import { lazy, Suspense } from "react";
import { load } from "../app/load";
import { useMeta } from "../node/meta";
import { useOutbox } from "./outbox";

// Its code, which speaks to the chain, is for the few pages that have something to tell.
const Pending = lazy(() => load(() => import("./Pending")));

/** PendingNote tells, on every page, of what was sent and is in no block yet, and settles what no tab waits for. */
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
