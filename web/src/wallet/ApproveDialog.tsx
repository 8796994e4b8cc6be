import { toJson } from "@bufbuild/protobuf";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { chainKey } from "../chain/hooks";
import { estimate, type TxDone } from "../chain/tx";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { useMeta } from "../node/meta";
import { Banner } from "../ui/Banner";
import { Button, LinkButton } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ErrorNote } from "../ui/ErrorNote";
import { PasswordField } from "../ui/Field";
import { Facts, Stack } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import css from "./ApproveDialog.module.css";
import { type Request, useApproval } from "./approve";
import { signAs, signer } from "./signer";
import { type Account, unlock, useWallet } from "./store";
import { WrongPassword } from "./vault";

const messages = define({
  en: {
    account: "Account",
    gas: "Network fee",
    estimating: "Asking the chain what this costs…",
    password: "Wallet password",
    wrong: "Wrong password. It is checked in this browser; nobody can reset it.",
    sign: "Sign and send",
    signText: "Sign",
    cancel: "Cancel",
    details: "What is signed, exactly",
    stage: {
      sign: (keplr: boolean) => (keplr ? "Confirm in Keplr…" : "Signing…"),
      send: "Sent. Waiting for the next block…",
    },
    noWallet: "You need a wallet for this",
    noWalletWhy: "Create one here in a minute, import your words, or connect Keplr.",
    toWallet: "Open the wallet",
    slow: "The transaction was sent, but is in no block yet. Look at the wallet's history before you try again.",
  },
  zh: {
    account: "账户",
    gas: "网络手续费",
    estimating: "正在向链查询费用……",
    password: "钱包密码",
    wrong: "密码错误。密码只在本浏览器内校验，无人可以重置。",
    sign: "签名并发送",
    signText: "签名",
    cancel: "取消",
    details: "实际签名内容",
    stage: { sign: (keplr) => (keplr ? "请在 Keplr 中确认……" : "正在签名……"), send: "已发送，等待下一个区块……" },
    noWallet: "此操作需要钱包",
    noWalletWhy: "可在此立即创建、导入助记词，或连接 Keplr。",
    toWallet: "打开钱包",
    slow: "交易已发送，但尚未进入区块。重试前请先查看钱包记录。",
  },
});

/** ApproveDialog shows the request that is being made, if any. It stands in the app's frame once. */
export default function ApproveDialog() {
  const request = useApproval();
  const { active } = useWallet();
  if (!request) return null;
  if (!active) return <NoWallet request={request} />;
  return <Approval key={request.title} request={request} account={active} />;
}

function NoWallet({ request }: { request: Request }) {
  const m = useMessages(messages);
  const close = () => request.done(undefined);
  return (
    <Dialog
      open
      onClose={close}
      title={m.noWallet}
      description={m.noWalletWhy}
      footer={
        <LinkButton variant="primary" to="/wallet" onClick={close}>
          {m.toWallet}
        </LinkButton>
      }
    />
  );
}

type Stage = "ask" | "sign" | "send";

function Approval({ request, account }: { request: Request; account: Account }) {
  const m = useMessages(messages);
  const format = useFormat();
  const meta = useMeta();
  const client = useQueryClient();
  const { unlocked } = useWallet();
  const [password, setPassword] = useState("");
  const [stage, setStage] = useState<Stage>("ask");
  const [error, setError] = useState<unknown>();
  const isTx = request.kind === "tx";
  const cost = useQuery({
    queryKey: ["estimate", account.address, request.title],
    queryFn: () => estimate(account, isTx ? request.messages : []),
    enabled: isTx,
    staleTime: 0,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
  const needsPassword = account.kind === "local" && !unlocked;
  const ready = (!isTx || cost.data !== undefined) && (!needsPassword || password !== "") && meta !== undefined;

  const go = async () => {
    if (!ready || stage !== "ask") return;
    setError(undefined);
    setStage("sign");
    try {
      if (needsPassword) await unlock(password);
      setPassword("");
      const result = isTx ? await send() : await signAs(meta.chain_id, account, request.text);
      (request.done as (r: unknown) => void)(result);
    } catch (problem) {
      setError(problem);
      setStage("ask");
    }
  };
  const send = async (): Promise<TxDone> => {
    if (request.kind !== "tx" || !cost.data || !meta) throw new Error("not ready");
    const [{ signAndSend }, by] = await Promise.all([import("../chain/cosmjs"), signer(meta.chain_id, account)]);
    try {
      return await signAndSend(by, account.address, request.messages, cost.data, () => setStage("send"));
    } finally {
      await client.invalidateQueries({ queryKey: [chainKey] });
    }
  };

  const rows = [
    ...(request.rows ?? []),
    ...(isTx && cost.data ? [[m.gas, format.dbc(cost.data.fee)] as const] : []),
    [m.account, `${account.name} · ${account.address.slice(0, 10)}…${account.address.slice(-4)}`] as const,
  ];
  return (
    <Dialog
      open
      onClose={() => request.done(undefined)}
      held={stage !== "ask"}
      title={request.title}
      footer={
        <>
          <Button onClick={() => request.done(undefined)} disabled={stage !== "ask"}>
            {m.cancel}
          </Button>
          <Button variant="primary" type="submit" form="approve" busy={stage !== "ask"} disabled={!ready}>
            {stage === "ask"
              ? (request.confirmLabel ?? (isTx ? m.sign : m.signText))
              : stage === "send"
                ? m.stage.send
                : m.stage.sign(account.kind === "keplr")}
          </Button>
        </>
      }
    >
      <form
        id="approve"
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        <Stack gap={14}>
          <Facts wide rows={rows} />
          {isTx && cost.isPending && <Loading label={m.estimating} />}
          {isTx && cost.isError && <ErrorNote error={cost.error} onRetry={() => void cost.refetch()} />}
          <Exact request={request} />
          {request.warning && <Banner tone="warn">{request.warning}</Banner>}
          {needsPassword && (
            <PasswordField
              label={m.password}
              value={password}
              onChange={setPassword}
              autoComplete="current-password"
              error={error instanceof WrongPassword && m.wrong}
              autoFocus
            />
          )}
          {error !== undefined && !(error instanceof WrongPassword) && <Failure error={error} />}
        </Stack>
      </form>
    </Dialog>
  );
}

function Failure({ error }: { error: unknown }) {
  const m = useMessages(messages);
  const slow = error instanceof Error && error.name === "TimeoutError";
  return slow ? <Banner tone="warn">{m.slow}</Banner> : <ErrorNote error={error} />;
}

/** Exact is the request's own bytes in their readable form. */
function Exact({ request }: { request: Request }) {
  const m = useMessages(messages);
  const text =
    request.kind === "text"
      ? request.text
      : JSON.stringify(
          request.messages.map(({ schema, value, registry }) => ({
            "@type": `/${schema.typeName}`,
            ...(toJson(schema, value, { useProtoFieldName: true, ...(registry && { registry }) }) as object),
          })),
          null,
          2,
        );
  return (
    <details className={css.exact}>
      <summary>{m.details}</summary>
      <pre>{text}</pre>
    </details>
  );
}
