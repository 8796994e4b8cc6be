import type { ReactNode } from "react";
import { NavLink } from "react-router";
import { useMessages } from "../i18n/messages";
import { ErrorNote } from "../ui/ErrorNote";
import { Page } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import css from "./Developer.module.css";
import { type ChainTypes, useChainTypes } from "./descriptors";
import { messages } from "./messages";

/** DeveloperPage is the frame of both developer pages; what needs the chain's types waits for them. */
export function DeveloperPage({ first, children }: { first?: ReactNode; children: (types: ChainTypes) => ReactNode }) {
  const m = useMessages(messages);
  const types = useChainTypes();
  return (
    <Page title={m.title} lead={m.lead}>
      <nav className={css.tabs} aria-label={m.title}>
        <NavLink to="/developer" end>
          {m.transactions}
        </NavLink>
        <NavLink to="/developer/state">{m.state}</NavLink>
      </nav>
      {first}
      {types.isPending && <Loading label={m.loading} />}
      {types.isError && <ErrorNote error={types.error} onRetry={() => void types.refetch()} />}
      {types.data && children(types.data)}
    </Page>
  );
}
