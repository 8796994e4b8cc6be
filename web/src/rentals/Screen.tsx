import RFB from "@novnc/novnc";
import { ClipboardPaste, Keyboard, Maximize, SquareAsterisk } from "lucide-react";
import { type RefObject, useEffect, useRef, useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { plainText } from "../node/plain";
import { Button } from "../ui/Button";
import { Command } from "../ui/Copy";
import { ErrorNote } from "../ui/ErrorNote";
import { TextArea } from "../ui/Field";
import { Form } from "../ui/Form";
import { Row, Stack } from "../ui/Layout";
import { typist, untyped } from "../vm/screenKeys";
import { socketUrl } from "../vm/socket";
import type { Ask } from "../vm/useSession";
import css from "./Console.module.css";
import { words } from "./words";

const messages = define({
  en: {
    full: "Full screen",
    paste: "Type a text",
    pasteLabel: "Text to type in the guest",
    pasteHint: "Typed as on a US keyboard.",
    pasteBad: (signs: string) => `No key of a US keyboard types ${signs}`,
    pasteGo: "Type it",
    keyboard: "Keyboard",
    keyboardLabel: "Keys for the guest",
    copied: "Copied in the guest",
  },
  zh: {
    full: "全屏",
    paste: "输入文本",
    pasteLabel: "要在客户机系统中输入的文本",
    pasteHint: "按美式键盘输入。",
    pasteBad: (signs) => `美式键盘无法输入：${signs}`,
    pasteGo: "输入",
    keyboard: "键盘",
    keyboardLabel: "发送给客户机系统的按键",
    copied: "客户机系统中复制的内容",
  },
});

/** Screen is the guest's graphical screen, over VNC. */
export default function Screen({ ask, machineId, taskId }: { ask: Ask; machineId: string; taskId: string }) {
  const w = useMessages(words);
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
      {state === "closed" && <Button onClick={() => setRound(round + 1)}>{`${w.disconnected} ${w.reconnect}`}</Button>}
      {state === "open" && <Tools screen={screen} place={place} copied={copied} />}
      <div ref={place} className={css.screen} data-testid="screen" data-state={state} />
    </Stack>
  );
}

/**
 * Tools sends what a keyboard, or a phone without one, cannot send to the
 * guest.
 */
function Tools({
  screen,
  place,
  copied,
}: {
  screen: RefObject<RFB | undefined>;
  place: RefObject<HTMLDivElement | null>;
  copied: string;
}) {
  const m = useMessages(messages);
  const keys = useRef<HTMLTextAreaElement>(null);
  const [pasting, setPasting] = useState(false);
  const [text, setText] = useState("");
  const [missing, setMissing] = useState("");
  const [type] = useState(() => {
    const rfb = screen.current; // the rest of a text is not for the next connection
    return typist((keysym, code, down) => rfb?.sendKey(keysym, code, down));
  });
  const bad = untyped(text);
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
        {document.fullscreenEnabled && (
          <Button
            size="small"
            icon={<Maximize aria-hidden="true" />}
            onClick={() => {
              // A browser that refuses leaves the screen as it is.
              const refused = () => {};
              void place.current?.requestFullscreen().then(() => screen.current?.focus(), refused);
            }}
          >
            {m.full}
          </Button>
        )}
      </Row>
      <PhoneKeys
        field={keys}
        onText={(typed) => {
          setMissing(untyped(typed));
          void type(typed);
        }}
      />
      {missing && <p className="small muted">{m.pasteBad(missing)}</p>}
      {pasting && (
        <Form
          ready={text !== "" && bad === ""}
          onSubmit={() => {
            void type(text);
            setText("");
            setPasting(false);
            screen.current?.focus();
          }}
        >
          <Stack gap={8}>
            <TextArea
              label={m.pasteLabel}
              hint={m.pasteHint}
              error={bad && m.pasteBad(bad)}
              value={text}
              onChange={setText}
              rows={2}
              autoComplete="off"
            />
            <div>
              <Button type="submit" size="small" disabled={text === "" || bad !== ""}>
                {m.pasteGo}
              </Button>
            </div>
          </Stack>
        </Form>
      )}
      {copied && <Command text={copied} what={m.copied} />}
    </>
  );
}

/**
 * filler is what a phone's backspace key deletes: in an empty field it does
 * nothing, and nothing is reported.
 */
const filler = " ";

/**
 * PhoneKeys is an invisible field, for which a phone shows its keyboard: phones
 * report changes of a text instead of keys.
 */
function PhoneKeys({
  field,
  onText,
}: {
  field: RefObject<HTMLTextAreaElement | null>;
  onText: (text: string) => void;
}) {
  const m = useMessages(messages);
  const take = () => {
    const target = field.current;
    if (!target) return;
    const text = target.value;
    target.value = filler;
    target.setSelectionRange(1, 1);
    onText(text.includes(filler) ? text.replace(filler, "") : `\b${text}`);
  };
  return (
    <textarea
      ref={field}
      className={css.keys}
      aria-label={m.keyboardLabel}
      autoCapitalize="none"
      autoComplete="off"
      spellCheck={false}
      defaultValue={filler}
      onFocus={({ currentTarget }) => currentTarget.setSelectionRange(1, 1)}
      onInput={(event) => {
        if (!(event.nativeEvent as InputEvent).isComposing) take();
      }}
      onCompositionEnd={take}
    />
  );
}
