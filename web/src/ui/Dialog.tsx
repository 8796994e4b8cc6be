import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { define, useMessages } from "../i18n/messages";
import css from "./Dialog.module.css";

const messages = define({ en: { close: "Close" }, zh: { close: "关闭" } });

/** Dialog asks something above the page. Escape and the cross close it, unless it is held. */
export function Dialog({
  open,
  onClose,
  title,
  description,
  footer,
  held = false,
  wide = false,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  footer?: ReactNode;
  held?: boolean;
  wide?: boolean;
  children?: ReactNode;
}) {
  const m = useMessages(messages);
  return (
    <Base.Root open={open} disablePointerDismissal onOpenChange={(next) => !next && !held && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={css.backdrop} />
        <Base.Popup className={`${css.popup} ${wide ? css.wide : ""}`}>
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
