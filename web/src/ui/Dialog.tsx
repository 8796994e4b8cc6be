import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useBlocker } from "react-router";
import { define, useMessages } from "../i18n/messages";
import css from "./Dialog.module.css";

const messages = define({ en: { close: "Close" }, zh: { close: "关闭" } });

/**
 * Dialog is shown above the page. Escape, the cross and the browser's Back
 * close it, unless it is held.
 */
export function Dialog({
  open,
  onClose,
  title,
  description,
  footer,
  held = false,
  wide = false,
  takesKeys = false,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  footer?: ReactNode;
  held?: boolean;
  wide?: boolean;
  /**
   * takesKeys: Escape belongs to the dialog's content, which also manages the
   * focus itself.
   */
  takesKeys?: boolean;
  children?: ReactNode;
}) {
  const m = useMessages(messages);
  useBack(open, () => !held && onClose());
  return (
    <Base.Root
      open={open}
      disablePointerDismissal
      onOpenChange={(next, { reason }) => {
        if (!next && !held && !(takesKeys && reason === "escape-key")) onClose();
      }}
    >
      <Base.Portal>
        <Base.Backdrop className={css.backdrop} />
        <Base.Popup className={`${css.popup} ${wide ? css.wide : ""}`} {...(takesKeys && { initialFocus: false })}>
          <div className={css.head}>
            <Base.Title className={css.title}>{title}</Base.Title>
            {!held && (
              <Base.Close className={css.close} aria-label={m.close}>
                <X aria-hidden="true" />
              </Base.Close>
            )}
          </div>
          {description && <Base.Description className={css.description}>{description}</Base.Description>}
          <div className={css.body}>{children}</div>
          {footer && <div className={css.footer}>{footer}</div>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/**
 * useBack lets the browser's Back close a dialog instead of leaving the page
 * under it.
 */
function useBack(open: boolean, close: () => void): void {
  const blocker = useBlocker(({ historyAction }) => open && historyAction === "POP");
  // biome-ignore lint/correctness/useExhaustiveDependencies: one Back closes once
  useEffect(() => {
    if (blocker.state !== "blocked") return;
    blocker.reset();
    close();
  }, [blocker]);
}
