import { type ComponentType, lazy, Suspense, useState } from "react";
import { load } from "./load";
import { Loading } from "./Spinner";

/** Part is a component whose code is loaded when it is first shown. */
export interface Part<P> {
  /** code is what is shown next: React's lazy keeps a failure until the page is reloaded. */
  code: ComponentType<P>;
}

/** part returns a part whose code, if it fails to load, is loaded again when it is next shown. */
export function part<P extends object>(code: () => Promise<{ default: ComponentType<P> }>): Part<P> {
  const fresh = () =>
    lazy(() =>
      load(code).catch((error: unknown) => {
        made.code = fresh();
        throw error;
      }),
    ) as ComponentType<P>;
  const made: Part<P> = { code: fresh() };
  return made;
}

/** Shown shows a part with the given properties, and throws if its code does not load. */
export function Shown<P extends object>({ of, given, label }: { of: Part<P>; given: P; label: string }) {
  // Outside of Suspense, which forgets what has not loaded: with fresh code at each try it would load forever.
  const [Code] = useState(() => of.code);
  return (
    <Suspense fallback={<Loading label={label} />}>
      <Code {...given} />
    </Suspense>
  );
}
