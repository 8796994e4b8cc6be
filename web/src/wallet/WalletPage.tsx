import { useQuery } from "@tanstack/react-query";
import { Download, KeyRound, Plus, Puzzle } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useMessages } from "../i18n/messages";
import { metaQuery, useMeta } from "../node/meta";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { Card, Columns, Page, Stack } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { AccountCard } from "./AccountCard";
import { AccountList } from "./AccountList";
import { CreateDialog } from "./CreateDialog";
import { History } from "./History";
import { ImportDialog } from "./ImportDialog";
import { connectKeplr, hasKeplr } from "./keplr";
import { messages } from "./messages";
import { Opening } from "./Opening";
import { mayKeepKeys } from "./origin";
import { Security } from "./Security";
import { useWallet } from "./store";
import css from "./WalletPage.module.css";

/** WalletPage is the accounts of this browser and what they hold. */
export default function WalletPage() {
  const m = useMessages(messages);
  const { ready, accounts, active } = useWallet();
  const node = useQuery(metaQuery);
  const meta = node.data;
  const [adding, setAdding] = useState(false);
  if (!ready) return <Opening label={m.title} />;
  if (!meta)
    return node.failureReason ? (
      <ErrorNote error={node.failureReason} onRetry={() => void node.refetch()} />
    ) : (
      <Loading label={m.title} />
    );
  const may = mayKeepKeys(location, meta);
  if (!active)
    return (
      <Page title={m.title} lead={m.lead}>
        {!may && (
          <Banner tone="warn" title={m.refusedTitle}>
            {m.refused(location.origin)}
          </Banner>
        )}
        <Ways may={may} />
      </Page>
    );
  return (
    <Page
      title={m.title}
      actions={
        <Button icon={<Plus aria-hidden="true" />} aria-expanded={adding} onClick={() => setAdding(!adding)}>
          {m.addAccount}
        </Button>
      }
    >
      {adding && <Ways may={may} onDone={() => setAdding(false)} />}
      <Columns
        side={
          <>
            <AccountList accounts={accounts} active={active} />
            {active.kind === "local" && <Security />}
          </>
        }
      >
        <AccountCard account={active} faucet={meta.faucet} />
        <History address={active.address} />
      </Columns>
    </Page>
  );
}

/** Ways to an account. */
function Ways({ may, onDone }: { may: boolean; onDone?: () => void }) {
  const m = useMessages(messages);
  const meta = useMeta();
  const [open, setOpen] = useState<"create" | "import">();
  const [error, setError] = useState<unknown>();
  const keplr = async () => {
    if (!meta) return;
    try {
      await connectKeplr(meta);
      onDone?.();
    } catch (problem) {
      setError(problem);
    }
  };
  const close = (made: boolean) => {
    setOpen(undefined);
    if (made) onDone?.();
  };
  return (
    <Stack>
      <div className={css.ways}>
        {may && (
          <>
            <Way
              icon={<KeyRound aria-hidden="true" />}
              title={m.create}
              why={m.createWhy}
              onClick={() => setOpen("create")}
              primary
            />
            <Way
              icon={<Download aria-hidden="true" />}
              title={m.import}
              why={m.importWhy}
              onClick={() => setOpen("import")}
            />
          </>
        )}
        <Way
          icon={<Puzzle aria-hidden="true" />}
          title={m.keplr}
          why={hasKeplr() ? m.keplrWhy : m.keplrMissing}
          disabled={!hasKeplr()}
          onClick={() => void keplr()}
        />
      </div>
      {error !== undefined && <ErrorNote error={error} />}
      {open === "create" && <CreateDialog onClose={close} />}
      {open === "import" && <ImportDialog onClose={close} />}
    </Stack>
  );
}

function Way({
  icon,
  title,
  why,
  onClick,
  disabled = false,
  primary = false,
}: {
  icon: ReactNode;
  title: string;
  why: string;
  onClick: () => void;
  disabled?: boolean;
  primary?: boolean;
}) {
  return (
    <Card label={title}>
      <div className={css.way}>
        <span className={css.icon}>{icon}</span>
        <p className="muted">{why}</p>
        <Button variant={primary ? "primary" : "secondary"} disabled={disabled} onClick={onClick}>
          {title}
        </Button>
      </div>
    </Card>
  );
}
