import { EllipsisVertical, Eye, ListPlus, Pencil, Trash2, Unplug } from "lucide-react";
import { useState } from "react";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Card } from "../ui/Layout";
import { Menu, MenuItem } from "../ui/Menu";
import { ExportDialog, NextDialog, RemoveDialog, RenameDialog } from "./AccountDialogs";
import { disconnectKeplr } from "./keplr";
import { messages } from "./messages";
import { type Account, setActive } from "./store";
import css from "./WalletPage.module.css";

type Action = "rename" | "export" | "next" | "remove";

/** AccountList is every account of this browser. */
export function AccountList({ accounts, active }: { accounts: readonly Account[]; active: Account }) {
  const m = useMessages(messages);
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
                    {m.rename}
                  </MenuItem>
                  <MenuItem icon={<Eye aria-hidden="true" />} onClick={() => setOpen({ action: "export", account })}>
                    {m.export}
                  </MenuItem>
                  <MenuItem icon={<ListPlus aria-hidden="true" />} onClick={() => setOpen({ action: "next", account })}>
                    {m.derive}
                  </MenuItem>
                  <MenuItem icon={<Trash2 aria-hidden="true" />} onClick={() => setOpen({ action: "remove", account })}>
                    {m.remove}
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
