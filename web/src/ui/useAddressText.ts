import { useEffect, useRef, useState } from "react";

/**
 * pause is how long after the last key the address is updated, in ms: one
 * search per word rather than per key.
 */
const pause = 250;

/**
 * useAddressText returns the props of a text field whose value is also in the
 * page's address. The field holds its own text: the router renders a new
 * address later than the next key arrives, and an input method composes text
 * that must not be searched for yet. write is called with the text once typing
 * pauses or the field loses focus.
 */
export function useAddressText(value: string, write: (text: string) => void) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const composing = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef({ text, write });
  latest.current.write = write;

  // Only values that this field did not write itself are taken from the
  // address: Back, a link, a cleared filter.
  useEffect(() => {
    if (value === sent.current) return;
    clearTimeout(timer.current);
    sent.current = value;
    latest.current.text = value;
    setText(value);
  }, [value]);

  const flush = () => {
    clearTimeout(timer.current);
    const now = latest.current;
    if (composing.current || now.text === sent.current) return;
    sent.current = now.text;
    now.write(now.text);
  };
  useEffect(() => () => clearTimeout(timer.current), []);

  const later = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(flush, pause);
  };
  return {
    value: text,
    onChange: (next: string) => {
      latest.current.text = next;
      setText(next);
      later();
    },
    onCompositionStart: () => {
      composing.current = true;
    },
    onCompositionEnd: () => {
      composing.current = false;
      later();
    },
    onBlur: flush,
  };
}
