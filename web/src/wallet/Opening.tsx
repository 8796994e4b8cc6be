import { useMessages } from "../i18n/messages";
import { ErrorNote } from "../ui/ErrorNote";
import { Loading } from "../ui/Spinner";
import { messages } from "./messages";
import { openWallet, useWallet } from "./store";

/** Opening stands until the wallet was read: that it is being read, or why it could not be, with a way to try again. */
export function Opening({ label }: { label: string }) {
  const m = useMessages(messages);
  const { error } = useWallet();
  if (error === undefined) return <Loading label={label} />;
  return <ErrorNote title={m.unread} error={error} onRetry={openWallet} />;
}
