import type { ReactNode } from "react";
import { NavLink } from "react-router";
import { define, useMessages } from "../i18n/messages";
import { Asked } from "../ui/Asked";
import { Page } from "../ui/Layout";
import css from "./Developer.module.css";
import { type ChainTypes, useChainTypes } from "./descriptors";
import { words } from "./words";

const messages = define({
  en: {
    title: "Developer",
    lead: "Every message and every query of the chain, with forms that the chain itself describes.",
    transactions: "Transactions",
    loading: "Asking the chain for its messages…",
  },
  zh: {
    title: "开发者",
    lead: "链上的全部消息和查询，表单由链自身的描述生成。",
    transactions: "交易",
    loading: "正在向链查询消息类型……",
  },
});

/**
 * DeveloperPage is the frame of both developer pages; children are shown once
 * the chain's types are loaded.
 */
export function DeveloperPage({ first, children }: { first?: ReactNode; children: (types: ChainTypes) => ReactNode }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const types = useChainTypes();
  return (
    <Page title={m.title} lead={m.lead}>
      <nav className={css.tabs} aria-label={m.title}>
        <NavLink to="/developer" end>
          {m.transactions}
        </NavLink>
        <NavLink to="/developer/state">{w.state}</NavLink>
      </nav>
      {first}
      <Asked query={types} label={m.loading} />
      {types.data && children(types.data)}
    </Page>
  );
}
