import { Compass } from "lucide-react";
import { useRouteError } from "react-router";
import { useMessages } from "../i18n/messages";
import { Button, LinkButton } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { ErrorNote } from "../ui/ErrorNote";
import { Stack } from "../ui/Layout";
import { messages } from "./messages";

/** RouteError stands where a page failed, a newer build's missing code among the causes. */
export function RouteError() {
  const m = useMessages(messages);
  const error = useRouteError();
  return (
    <Stack>
      <ErrorNote error={error} title={m.broken} />
      <div>
        <Button onClick={() => location.reload()}>{m.reload}</Button>
      </div>
    </Stack>
  );
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
