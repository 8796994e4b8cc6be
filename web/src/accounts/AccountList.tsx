import { EllipsisVertical, Eye, ListPlus, Pencil, Trash2, Unplug } from "lucide-react";
import { useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Card } from "../ui/Layout";
import { Menu, MenuItem } from "../ui/Menu";
import { disconnectKeplr } from "../wallet/keplr";
import { type Account, setActive } from "../wallet/store";
import { ExportDialog, NextDialog, RemoveDialog, RenameDialog } from "./AccountDialogs";
import css from "./WalletPage.module.css";
import { words } from "./words";

const messages = define({
  en: {
    keplrDisconnect: "Disconnect Keplr",
    accounts: "Accounts",
    actions: (name: string) => `Actions for ${name}`,
    extension: "Keplr",
    use: "Use",
    active: "In use",
  },
  zh: {
    keplrDisconnect: "断开 Keplr",
    accounts: "账户",
    actions: (name) => `${name} 的操作`,
    extension: "Keplr",
    use: "使用",
    active: "使用中",
  },
});

type Action = "rename" | "export" | "next" | "remove";

/** AccountList lists the accounts of this browser. */
export function AccountList({ accounts, active }: { accounts: readonly Account[]; active: Account }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const [open, setOpen] = useState<{ action: Action; account: Account }>();
  const close = () => setOpen(undefined);
  return (
    <Card title={m.accounts} flush>
      <ul className={css.accounts}>
        {accounts.map((account) => (
          <li key={account.address}>
            <span className={css.who}>
              <strong>{account.name}</strong>
              <span className="muted small mono">
                {account.address.slice(0, 10)}…{account.address.slice(-5)}
              </span>
            </span>
            {account.kind === "keplr" && <Badge>{m.extension}</Badge>}
            {account.address === active.address ? (
              <Badge tone="accent">{m.active}</Badge>
            ) : (
              <Button size="small" variant="ghost" onClick={() => setActive(account.address)}>
                {m.use}
              </Button>
            )}
            <Menu label={m.actions(account.name)} trigger={<EllipsisVertical aria-hidden="true" />}>
              {account.kind === "keplr" ? (
                <MenuItem icon={<Unplug aria-hidden="true" />} onClick={disconnectKeplr}>
                  {m.keplrDisconnect}
                </MenuItem>
              ) : (
                <>
                  <MenuItem icon={<Pencil aria-hidden="true" />} onClick={() => setOpen({ action: "rename", account })}>
                    {w.rename}
                  </MenuItem>
                  <MenuItem icon={<Eye aria-hidden="true" />} onClick={() => setOpen({ action: "export", account })}>
                    {w.export}
                  </MenuItem>
                  <MenuItem icon={<ListPlus aria-hidden="true" />} onClick={() => setOpen({ action: "next", account })}>
                    {w.derive}
                  </MenuItem>
                  <MenuItem icon={<Trash2 aria-hidden="true" />} onClick={() => setOpen({ action: "remove", account })}>
                    {w.remove}
                  </MenuItem>
                </>
              )}
            </Menu>
          </li>
        ))}
      </ul>
      {open?.action === "rename" && <RenameDialog account={open.account} onClose={close} />}
      {open?.action === "export" && <ExportDialog account={open.account} onClose={close} />}
      {open?.action === "next" && <NextDialog account={open.account} accounts={accounts} onClose={close} />}
      {open?.action === "remove" && <RemoveDialog account={open.account} onClose={close} />}
    </Card>
  );
}
