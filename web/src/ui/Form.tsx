import { type ComponentProps, useState } from "react";

/** Work is what a form or a button does: one thing at a time. */
export interface Work {
  /** busy is the name of what is being done, or "". */
  busy: string;
  /** error is why the last one failed. */
  error: unknown;
  /** run does something, and reports whether it succeeded. */
  run: (work: () => Promise<unknown>, name?: string) => Promise<boolean>;
}

/** useWork holds what a form or some buttons do. */
export function useWork(): Work {
  const [busy, setBusy] = useState("");
  const [error, setError] = useState<unknown>();
  const run = async (work: () => Promise<unknown>, name = "work") => {
    setBusy(name);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (problem) {
      setError(problem);
      return false;
    } finally {
      setBusy("");
    }
  };
  return { busy, error, run };
}

/**
 * Form submits by its button or Enter, but only while it is ready: complete,
 * valid, and not being submitted.
 */
export function Form({
  ready,
  onSubmit,
  ...rest
}: { ready: boolean; onSubmit: () => unknown } & Omit<ComponentProps<"form">, "onSubmit">) {
  return (
    <form
      {...rest}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void onSubmit();
      }}
    />
  );
}
