import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { useEffect, useRef, useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { Stack } from "../ui/Layout";
import { socketUrl } from "../vm/socket";
import type { Ask } from "../vm/useSession";
import css from "./Console.module.css";
import { words } from "./words";

const messages = define({
  en: {
    takeOver: "Take it over",
  },
  zh: {
    takeOver: "接管",
  },
});

/** Console is the guest's serial console, which works when SSH does not. */
export default function Console({ ask, machineId, taskId }: { ask: Ask; machineId: string; taskId: string }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const place = useRef<HTMLDivElement>(null);
  const asks = useRef(ask);
  const [round, setRound] = useState(0);
  const [error, setError] = useState<unknown>();
  const [state, setState] = useState<"connecting" | "open" | "closed">("connecting");
  const closed = state === "closed";
  useEffect(() => {
    if (!place.current) return;
    let socket: WebSocket | undefined;
    let ended = false;
    const terminal = new Terminal({
      fontSize: 14,
      lineHeight: 1.2,
      cursorBlink: true,
      screenReaderMode: true,
      convertEol: false,
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(place.current);
    fit.fit();
    const resized = new ResizeObserver(() => fit.fit());
    resized.observe(place.current);
    setError(undefined);
    setState("connecting");
    socketUrl(asks.current, "console", machineId, taskId, round > 0)
      .then((url) => {
        if (ended) return;
        socket = new WebSocket(url);
        socket.binaryType = "arraybuffer";
        socket.onopen = () => {
          setState("open");
          terminal.focus();
          // The console writes nothing by itself: a line break brings up its
          // prompt.
          socket?.send("\r");
        };
        socket.onmessage = ({ data }) =>
          terminal.write(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer));
        socket.onclose = () => !ended && setState("closed");
        terminal.onData((text) => socket?.readyState === WebSocket.OPEN && socket.send(text));
      })
      .catch((problem) => !ended && setError(problem));
    return () => {
      ended = true;
      resized.disconnect();
      socket?.close();
      terminal.dispose();
    };
  }, [machineId, taskId, round]);
  return (
    <Stack gap={12}>
      {error !== undefined && <ErrorNote error={error} />}
      {(closed || error !== undefined) && (
        <Button onClick={() => setRound(round + 1)}>{closed ? `${w.disconnected} ${w.reconnect}` : m.takeOver}</Button>
      )}
      <div className={css.terminal} data-testid="console" data-state={state}>
        <div ref={place} className={css.inner} />
      </div>
    </Stack>
  );
}
