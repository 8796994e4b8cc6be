import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Banner } from "../ui/Banner";
import { messages } from "./messages";
import { reasonWords } from "./notices";
import { isTaskStatus, reasonTone, type Task } from "./tasks";

/** Reason tells why a virtual machine is in its state: an alarm only where something failed. */
export function Reason({ task: { status, reason } }: { task: Pick<Task, "status" | "reason"> }) {
  const states = useMessages(messages).status;
  const locale = useLocale();
  if (!reason) return null;
  return (
    <Banner tone={reasonTone(status)} title={isTaskStatus(status) ? states[status] : status}>
      {reasonWords(reason, locale)}
    </Banner>
  );
}
