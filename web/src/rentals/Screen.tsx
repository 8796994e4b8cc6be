import RFB from "@novnc/novnc";
import { ClipboardPaste, Keyboard, Maximize, SquareAsterisk } from "lucide-react";
import { type RefObject, useEffect, useRef, useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { plainText } from "../node/plain";
import { Button } from "../ui/Button";
import { Command } from "../ui/Copy";
import { ErrorNote } from "../ui/ErrorNote";
import { TextArea } from "../ui/Field";
import { Row, Stack } from "../ui/Layout";
import css from "./Console.module.css";
import { messages } from "./messages";
import { keysymsOf } from "./screenKeys";
import { socketUrl } from "./socket";
import type { Ask } from "./useSession";

const toolMessages = define({
  en: {
    full: "Full screen",
    paste: "Type a text",
    pasteLabel: "Text to type in the guest",
    pasteGo: "Type it",
    keyboard: "Keyboard",
    keyboardLabel: "Keys for the guest",
    copied: "Copied in the guest",
  },
  zh: {
    full: "全屏",
    paste: "输入文本",
    pasteLabel: "要在客户机系统中输入的文本",
    pasteGo: "输入",
    keyboard: "键盘",
    keyboardLabel: "发送给客户机系统的按键",
    copied: "客户机系统中复制的内容",
  },
});

/** Screen is the guest's graphical screen, by VNC. */
export default function Screen({ ask, machineId, taskId }: { ask: Ask; machineId: string; taskId: string }) {
  const m = useMessages(messages);
  const place = useRef<HTMLDivElement>(null);
  const screen = useRef<RFB>(undefined);
  const asks = useRef(ask);
  const [round, setRound] = useState(0);
  const [error, setError] = useState<unknown>();
  const [state, setState] = useState<"connecting" | "open" | "closed">("connecting");
  const [copied, setCopied] = useState("");
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round connects again
  useEffect(() => {
    const target = place.current;
    if (!target) return;
    let ended = false;
    setError(undefined);
    setState("connecting");
    socketUrl(asks.current, "vnc", machineId, taskId)
      .then((url) => {
        if (ended) return;
        const rfb = new RFB(target, url);
        rfb.scaleViewport = true;
        rfb.focusOnClick = true;
        rfb.addEventListener("connect", () => {
          setState("open");
          rfb.focus();
        });
        rfb.addEventListener("disconnect", () => !ended && setState("closed"));
        rfb.addEventListener("clipboard", (event) =>
          setCopied(plainText((event as CustomEvent<{ text: string }>).detail.text)),
        );
        screen.current = rfb;
      })
      .catch((problem) => !ended && setError(problem));
    return () => {
      ended = true;
      screen.current?.disconnect();
      screen.current = undefined;
      target.replaceChildren();
    };
  }, [machineId, taskId, round]);
  return (
    <Stack gap={12}>
      {error !== undefined && <ErrorNote error={error} onRetry={() => setRound(round + 1)} />}
      {state === "closed" && <Button onClick={() => setRound(round + 1)}>{`${m.disconnected} ${m.reconnect}`}</Button>}
      {state === "open" && <Tools screen={screen} place={place} copied={copied} />}
      <div ref={place} className={css.screen} data-testid="screen" data-state={state} />
    </Stack>
  );
}

/** Tools are what a keyboard, or a phone without one, can't give the guest. */
function Tools({
  screen,
  place,
  copied,
}: {
  screen: RefObject<RFB | undefined>;
  place: RefObject<HTMLDivElement | null>;
  copied: string;
}) {
  const m = useMessages(toolMessages);
  const keys = useRef<HTMLTextAreaElement>(null);
  const [pasting, setPasting] = useState(false);
  const [text, setText] = useState("");
  const type = (what: string) => {
    for (const key of keysymsOf(what)) screen.current?.sendKey(key, "");
  };
  return (
    <>
      <Row gap={8}>
        <Button
          size="small"
          icon={<SquareAsterisk aria-hidden="true" />}
          onClick={() => {
            screen.current?.sendCtrlAltDel();
            screen.current?.focus();
          }}
        >
          Ctrl-Alt-Del
        </Button>
        <Button
          size="small"
          icon={<ClipboardPaste aria-hidden="true" />}
          aria-expanded={pasting}
          onClick={() => setPasting(!pasting)}
        >
          {m.paste}
        </Button>
        <Button size="small" icon={<Keyboard aria-hidden="true" />} onClick={() => keys.current?.focus()}>
          {m.keyboard}
        </Button>
        <Button
          size="small"
          icon={<Maximize aria-hidden="true" />}
          onClick={() => void place.current?.requestFullscreen().then(() => screen.current?.focus())}
        >
          {m.full}
        </Button>
      </Row>
      <textarea
        ref={keys}
        className={css.keys}
        aria-label={m.keyboardLabel}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        onKeyDown={(event) => {
          if (event.key === "Backspace") type("\b");
        }}
        onInput={(event) => {
          if ((event.nativeEvent as InputEvent).isComposing) return;
          type(event.currentTarget.value);
          event.currentTarget.value = "";
        }}
        onCompositionEnd={(event) => {
          type(event.data);
          event.currentTarget.value = "";
        }}
      />
      {pasting && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            type(text);
            setText("");
            setPasting(false);
            screen.current?.focus();
          }}
        >
          <Stack gap={8}>
            <TextArea label={m.pasteLabel} value={text} onChange={setText} rows={2} autoComplete="off" />
            <div>
              <Button type="submit" size="small" disabled={text === ""}>
                {m.pasteGo}
              </Button>
            </div>
          </Stack>
        </form>
      )}
      {copied && <Command text={copied} what={m.copied} />}
    </>
  );
}
