import { useId, useLayoutEffect, useSyncExternalStore } from "react";

/**
 * places are the components that show a key, in the order in which they were
 * mounted.
 */
const places = new Map<string, readonly string[]>();
const listeners = new Set<() => void>();

function set(key: string, next: readonly string[]): void {
  if (next.length) places.set(key, next);
  else places.delete(key);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * useFirst reports whether this is the first part of the page with a key, so
 * that the same thing is shown once. It returns true without a key.
 */
export function useFirst(key: string | undefined): boolean {
  const id = useId();
  useLayoutEffect(() => {
    if (key === undefined) return;
    set(key, [...(places.get(key) ?? []), id]);
    return () =>
      set(
        key,
        (places.get(key) ?? []).filter((other) => other !== id),
      );
  }, [key, id]);
  return useSyncExternalStore(subscribe, () => key === undefined || places.get(key)?.[0] === id);
}
