import RFB from "@novnc/novnc";
import { useEffect, useRef, useState } from "react";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { Stack } from "../ui/Layout";
import css from "./Console.module.css";
import { messages } from "./messages";
import { socketUrl } from "./socket";
import type { Ask } from "./useSession";

/** Screen is the guest's graphical screen, by VNC. */
export default function Screen({ ask, machineId, taskId }: { ask: Ask; machineId: string; taskId: string }) {
  const m = useMessages(messages);
  const place = useRef<HTMLDivElement>(null);
  const asks = useRef(ask);
  const [round, setRound] = useState(0);
  const [error, setError] = useState<unknown>();
  const [state, setState] = useState<"connecting" | "open" | "closed">("connecting");
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round connects again
  useEffect(() => {
    const target = place.current;
    if (!target) return;
    let rfb: RFB | undefined;
    let ended = false;
    setError(undefined);
    setState("connecting");
    socketUrl(asks.current, "vnc", machineId, taskId)
      .then((url) => {
        if (ended) return;
        rfb = new RFB(target, url);
        rfb.scaleViewport = true;
        rfb.focusOnClick = true;
        rfb.addEventListener("connect", () => setState("open"));
        rfb.addEventListener("disconnect", () => !ended && setState("closed"));
      })
      .catch((problem) => !ended && setError(problem));
    return () => {
      ended = true;
      rfb?.disconnect();
      target.replaceChildren();
    };
  }, [machineId, taskId, round]);
  return (
    <Stack gap={12}>
      {error !== undefined && <ErrorNote error={error} onRetry={() => setRound(round + 1)} />}
      {state === "closed" && <Button onClick={() => setRound(round + 1)}>{`${m.disconnected} ${m.reconnect}`}</Button>}
      <div ref={place} className={css.screen} data-testid="screen" data-state={state} />
    </Stack>
  );
}
