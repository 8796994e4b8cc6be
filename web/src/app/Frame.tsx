import { useIsFetching } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useRef } from "react";
import { Link, NavLink, Outlet, useLocation, useNavigation } from "react-router";
import { PendingNote } from "../accounts/PendingNote";
import { useMessages } from "../i18n/messages";
import { useApproval } from "../signing/approve";
import { load } from "../ui/load";
import { Loading } from "../ui/Spinner";
import { AccountMenu } from "./AccountMenu";
import css from "./Frame.module.css";
import { messages } from "./messages";
import { NetworkState } from "./NetworkState";
import { nav } from "./nav";
import { SettingsMenu } from "./SettingsMenu";

const ApproveDialog = lazy(() => load(() => import("../accounts/ApproveDialog")));

/**
 * Frame surrounds every page with navigation, the network's state and the
 * account.
 */
export function Frame() {
  const m = useMessages(messages);
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const moving = useNavigation().state !== "idle";
  const fetching = useIsFetching({ predicate: (q) => q.state.status === "pending" }) > 0;
  const asked = useApproval() !== undefined;
  const first = useRef(true);
  // A new page is read from its beginning, by screen readers too.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is what changes
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <div className={css.frame}>
      <a href="#content" className={css.skip}>
        {m.skip}
      </a>
      <header className={css.top}>
        <Link to="/machines" className={css.brand} aria-label="DBC">
          <img src="/icon.svg" alt="" width="28" height="28" />
          <span>DBC</span>
        </Link>
        <nav className={css.nav} aria-label={m.nav.label}>
          {nav.map(({ to, name, icon: Icon }) => (
            <NavLink key={to} to={to} className={css.link}>
              <Icon aria-hidden="true" />
              <span>{m.nav[name]}</span>
            </NavLink>
          ))}
        </nav>
        <div className={css.tools}>
          <NetworkState />
          <SettingsMenu />
          <AccountMenu />
        </div>
      </header>
      {(moving || fetching) && <div className={css.progress} aria-hidden="true" />}
      <main id="content" ref={main} className={css.main} tabIndex={-1}>
        <PendingNote />
        <Suspense fallback={<Loading label={m.loading} />}>
          <Outlet />
        </Suspense>
      </main>
      {asked && (
        <Suspense fallback={null}>
          <ApproveDialog />
        </Suspense>
      )}
    </div>
  );
}
