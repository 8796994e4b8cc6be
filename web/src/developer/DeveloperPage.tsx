import type { ReactNode } from "react";
import { NavLink } from "react-router";
import { useMessages } from "../i18n/messages";
import { Asked } from "../ui/Asked";
import { Page } from "../ui/Layout";
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
      <Asked query={types} label={m.loading} />
      {types.data && children(types.data)}
    </Page>
  );
}
