import { useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { CheckField } from "../ui/Field";
import { Stack } from "../ui/Layout";

const messages = define({
  en: {
    title: "Nothing has run yet",
    why: "No virtual machine of this rental has run, as far as this browser knows. Once you confirm, the rent can't come back, even if the machine turns out not to work.",
    sure: "I confirm without having tried it",
    back: "Try it first",
    confirm: "Go on to confirm",
  },
  zh: {
    title: "还没有运行过虚拟机",
    why: "据本浏览器所知，此租用还没有虚拟机运行过。一旦确认，即使之后发现机器无法使用，租金也无法退回。",
    sure: "我未经试用，仍要确认",
    back: "先试用",
    confirm: "继续确认",
  },
});

/** Untried asks whether to confirm a rental in which nothing has run yet. */
export function Untried({ onClose, onConfirm }: { onClose: () => void; onConfirm: () => void }) {
  const m = useMessages(messages);
  const [sure, setSure] = useState(false);
  return (
    <Dialog
      open
      onClose={onClose}
      title={m.title}
      footer={
        <>
          <Button disabled={!sure} onClick={onConfirm}>
            {m.confirm}
          </Button>
          <Button variant="primary" onClick={onClose}>
            {m.back}
          </Button>
        </>
      }
    >
      <Stack gap={14}>
        <Banner tone="warn">{m.why}</Banner>
        <CheckField label={m.sure} checked={sure} onChange={setSure} />
      </Stack>
    </Dialog>
  );
}
