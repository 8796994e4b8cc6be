import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Banner } from "../ui/Banner";
import { reasonWords } from "../vm/notices";
import { isTaskStatus, reasonTone, type Task } from "../vm/tasks";
import { words } from "../vm/words";

/**
 * Reason shows why a virtual machine is in its state. It is an alarm only if
 * something failed.
 */
export function Reason({ task: { status, reason } }: { task: Pick<Task, "status" | "reason"> }) {
  const states = useMessages(words).status;
  const locale = useLocale();
  if (!reason) return null;
  return (
    <Banner tone={reasonTone(status)} title={isTaskStatus(status) ? states[status] : status}>
      {reasonWords(reason, locale)}
    </Banner>
  );
}
