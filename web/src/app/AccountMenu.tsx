import { Lock, Wallet } from "lucide-react";
import { useMessages } from "../i18n/messages";
import { LinkButton } from "../ui/Button";
import { Menu, MenuChoice, MenuItem, MenuLine } from "../ui/Menu";
import { lock, setActive, useWallet } from "../wallet/store";
import css from "./AccountMenu.module.css";
import { messages } from "./messages";

/** AccountMenu shows the account that pages act for, and switches it. */
export function AccountMenu() {
  const m = useMessages(messages);
  const { ready, accounts, active, unlocked } = useWallet();
  if (!ready) return null;
  if (!active)
    return (
      <LinkButton to="/wallet" size="small" variant="primary" icon={<Wallet aria-hidden="true" />}>
        {m.noAccount}
      </LinkButton>
    );
  return (
    <Menu
      trigger={
        <>
          <span className={css.badge} data-letter={active.name.slice(0, 1).toUpperCase()} />
          <span className="hidden">{m.account}</span>
          <span className={css.name}>{active.name}</span>
        </>
      }
    >
      <MenuChoice
        label={m.account}
        value={active.address}
        onChange={setActive}
        choices={accounts.map((account) => ({
          value: account.address,
          label: (
            <span className={css.row}>
              <span>{account.name}</span>
              <span className="muted small mono">
                {account.address.slice(0, 8)}…{account.address.slice(-4)}
              </span>
            </span>
          ),
        }))}
      />
      {active.kind === "local" && (
        <>
          <MenuLine />
          {unlocked ? (
            <MenuItem icon={<Lock aria-hidden="true" />} onClick={lock}>
              {m.lock}
            </MenuItem>
          ) : (
            <div className={css.locked}>
              <Lock aria-hidden="true" /> {m.locked}
            </div>
          )}
        </>
      )}
    </Menu>
  );
}
