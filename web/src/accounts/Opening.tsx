import { define, useMessages } from "../i18n/messages";
import { ErrorNote } from "../ui/ErrorNote";
import { Loading } from "../ui/Spinner";
import { openWallet, useWallet } from "../wallet/store";

const messages = define({
  en: {
    unread: "What this browser keeps of your wallet could not be read",
  },
  zh: {
    unread: "无法读取此浏览器中保存的钱包",
  },
});

/**
 * Opening is shown until the wallet has been read: that it is being read, or
 * why that failed, with a button to retry.
 */
export function Opening({ label }: { label: string }) {
  const m = useMessages(messages);
  const { error } = useWallet();
  if (error === undefined) return <Loading label={label} />;
  return <ErrorNote title={m.unread} error={error} onRetry={openWallet} />;
}
