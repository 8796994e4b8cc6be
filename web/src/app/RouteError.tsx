import { Compass } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useRouteError } from "react-router";
import { useMessages } from "../i18n/messages";
import { get } from "../node/api";
import { Button, LinkButton } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { ErrorNote } from "../ui/ErrorNote";
import { Page } from "../ui/Layout";
import { MissingPart } from "../ui/load";
import { Loading } from "../ui/Spinner";
import { messages } from "./messages";
import css from "./RouteError.module.css";

/**
 * RouteError replaces a page that failed, for example because a newer build
 * lacks its code.
 */
export function RouteError() {
  return <Failed error={useRouteError()} />;
}

/** Failed says why a page, or the app, could not be loaded, and offers to retry. */
export function Failed({ error }: { error: unknown }) {
  const m = useMessages(messages);
  const denied = error instanceof DOMException && error.name === "SecurityError";
  const why = denied && m.noStorage;
  useReturn(error instanceof MissingPart);
  return (
    <Page title={m.broken}>
      <ErrorNote error={error} {...(why && { title: why })} />
      <div>
        <Button onClick={() => location.reload()}>{m.reload}</Button>
      </div>
    </Page>
  );
}

/** useReturn reloads the page once an unreachable client node is back. */
function useReturn(waits: boolean): void {
  useEffect(() => {
    if (!waits) return;
    let away = false;
    const look = async () => {
      try {
        await get("/api/v1/web");
        if (away) location.reload();
      } catch {
        away = true;
      }
    };
    void look();
    const timer = setInterval(() => void look(), 3_000);
    return () => clearInterval(timer);
  }, [waits]);
}

/** Alone is a page without the frame, for when that failed too. */
export function Alone({ children }: { children: ReactNode }) {
  return <main className={css.alone}>{children}</main>;
}

/** Starting is shown until the first page's code is loaded. */
export function Starting() {
  return <Loading label={useMessages(messages).loading} />;
}

/** Missing is shown for an address without a page. */
export function Missing() {
  const m = useMessages(messages);
  return (
    <Empty
      icon={<Compass aria-hidden="true" />}
      title={m.notFound}
      action={
        <LinkButton to="/machines" variant="primary">
          {m.home}
        </LinkButton>
      }
    >
      {m.notFoundWhy}
    </Empty>
  );
}
