import { Compass } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useRouteError } from "react-router";
import { useMessages } from "../i18n/messages";
import { get } from "../node/api";
import { Button, LinkButton } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { ErrorNote } from "../ui/ErrorNote";
import { Page } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { MissingPart } from "./load";
import { messages } from "./messages";
import css from "./RouteError.module.css";

/** RouteError stands where a page failed, a newer build's missing code among the causes. */
export function RouteError() {
  return <Failed error={useRouteError()} />;
}

/** Failed says what kept a page, or the app, from coming up, and offers to try again. */
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

/** useReturn loads the page again once a client node that was away is back. */
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

/** Alone is a page without the frame around it, where that failed too. */
export function Alone({ children }: { children: ReactNode }) {
  return <main className={css.alone}>{children}</main>;
}

/** Starting stands until the first page's code is there. */
export function Starting() {
  return <Loading label={useMessages(messages).loading} />;
}

/** Missing is the page of an address that has none. */
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
