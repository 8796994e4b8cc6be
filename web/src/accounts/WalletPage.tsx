import { useQuery } from "@tanstack/react-query";
import { Download, KeyRound, Plus, Puzzle } from "lucide-react";
import { type ReactNode, useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { metaQuery, useMeta } from "../node/meta";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { Card, Columns, Page, Stack } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { connectKeplr, hasKeplr } from "../wallet/keplr";
import { mayKeepKeys } from "../wallet/origin";
import { useWallet } from "../wallet/store";
import { AccountCard } from "./AccountCard";
import { AccountList } from "./AccountList";
import { CreateDialog } from "./CreateDialog";
import { History } from "./History";
import { ImportDialog } from "./ImportDialog";
import { Opening } from "./Opening";
import { Security } from "./Security";
import css from "./WalletPage.module.css";
import { words } from "./words";

const messages = define({
  en: {
    title: "Wallet",
    lead: "Your keys stay in this browser, encrypted with your password. Nobody else has them, and nobody can bring them back.",
    createWhy: "24 words that you write down. Takes a minute.",
    importWhy: "The words or the private key of a wallet that you have.",
    keplr: "Connect Keplr",
    keplrWhy: "Sign with the browser extension, or a Ledger behind it.",
    keplrMissing: "Keplr is not installed in this browser.",
    refusedTitle: "No wallet can be kept at this address",
    refused: (origin: string) =>
      `This page came from ${origin}. Whoever sits between you and that computer could change it and take your words. Open the app on the computer that runs the client node (http://127.0.0.1:5050), or by https under a name listed in http_hosts of its core.conf. Keplr keeps its keys apart from the page, so it works here.`,
  },
  zh: {
    title: "钱包",
    lead: "密钥只保存在本浏览器中，并用您的密码加密。别人没有，也无人能找回。",
    createWhy: "抄写 24 个助记词，一分钟完成。",
    importWhy: "使用已有钱包的助记词或私钥。",
    keplr: "连接 Keplr",
    keplrWhy: "用浏览器扩展或其背后的 Ledger 签名。",
    keplrMissing: "此浏览器未安装 Keplr。",
    refusedTitle: "此地址下不能保存钱包",
    refused: (origin) =>
      `本页来自 ${origin}。处在您与那台计算机之间的人可以篡改页面并盗取助记词。请在运行客户端节点的计算机上打开（http://127.0.0.1:5050），或使用其 core.conf 中 http_hosts 所列名称的 https 地址。Keplr 的密钥与页面隔离，可在此使用。`,
  },
});

/** WalletPage shows the accounts of this browser and what they hold. */
export default function WalletPage() {
  const m = useMessages(messages);
  const w = useMessages(words);
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
          {w.addAccount}
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

/** Ways to get an account. */
function Ways({ may, onDone }: { may: boolean; onDone?: () => void }) {
  const m = useMessages(messages);
  const w = useMessages(words);
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
              title={w.create}
              why={m.createWhy}
              onClick={() => setOpen("create")}
              primary
            />
            <Way
              icon={<Download aria-hidden="true" />}
              title={w.import}
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
