import { toJson } from "@bufbuild/protobuf";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { chainKey } from "../chain/key";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { useMeta } from "../node/meta";
import { type Request, useApproval } from "../signing/approve";
import type { Stage } from "../signing/send";
import { estimate, type TxDone } from "../signing/tx";
import { Banner } from "../ui/Banner";
import { Button, LinkButton } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ErrorNote } from "../ui/ErrorNote";
import { PasswordField } from "../ui/Field";
import { Form } from "../ui/Form";
import { Facts, Stack } from "../ui/Layout";
import { load } from "../ui/load";
import { Loading } from "../ui/Spinner";
import { toast } from "../ui/toast";
import { signAs } from "../wallet/signer";
import { type Account, unlock, useWallet } from "../wallet/store";
import { WrongPassword } from "../wallet/vault";
import css from "./ApproveDialog.module.css";

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
      queue: "Waiting for another tab…",
      earlier: "Waiting for what was sent before…",
      sign: (keplr: boolean) => (keplr ? "Confirm in Keplr…" : "Signing…"),
      send: "Sent. Waiting for the next block…",
    },
    sent: (hash: string) => `Sent, may still be included: transaction ${hash}`,
    sentWhy:
      "The answer is not here yet. Nothing is signed anew before it is known what became of this transaction. You can close this; the app goes on looking.",
    before: (names: string, hash: string) =>
      `${names} comes first, which this account sent before: transaction ${hash}`,
    leave: "Close and go on",
    again: "Nothing was signed: what you had sent before was the same, and was carried out.",
    went: "What you sent was carried out.",
    noWallet: "You need a wallet for this",
    noWalletWhy: "Create one here in a minute, import your words, or connect Keplr.",
    toWallet: "Open the wallet",
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
    stage: {
      queue: "等待另一个标签页……",
      earlier: "等待之前发送的交易……",
      sign: (keplr) => (keplr ? "请在 Keplr 中确认……" : "正在签名……"),
      send: "已发送，等待下一个区块……",
    },
    sent: (hash) => `已发送，仍可能被打包：交易 ${hash}`,
    sentWhy: "尚未收到答复。在得知此交易的结果之前，不会重新签名。您可以关闭此窗口，应用会继续查询。",
    before: (names, hash) => `此账户之前发送的 ${names} 须先有结果：交易 ${hash}`,
    leave: "关闭并继续",
    again: "没有重新签名：您之前发送过相同的交易，且已执行。",
    went: "您发送的交易已执行。",
    noWallet: "此操作需要钱包",
    noWalletWhy: "可在此立即创建、导入助记词，或连接 Keplr。",
    toWallet: "打开钱包",
  },
});

/**
 * ApproveDialog shows the current request for a signature, if any. The app's
 * frame contains it once.
 */
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

type Shown = { at: "ask" } | Stage;

/** patienceMs is far more than a block takes; after that the user need not wait. */
const patienceMs = 15_000;

function Approval({ request, account }: { request: Request; account: Account }) {
  const m = useMessages(messages);
  const format = useFormat();
  const meta = useMeta();
  const client = useQueryClient();
  const { unlocked } = useWallet();
  const [password, setPassword] = useState("");
  const [stage, setStage] = useState<Shown>({ at: "ask" });
  const asking = stage.at === "ask";
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (stage.at !== "send" && stage.at !== "earlier") return;
    const timer = setTimeout(() => setLate(true), patienceMs);
    return () => clearTimeout(timer);
  }, [stage]);
  const gone = useRef(false);
  const close = () => {
    gone.current = true;
    request.done(undefined);
  };
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
    if (!meta) return;
    setError(undefined);
    setStage({ at: "sign" });
    try {
      if (needsPassword) await unlock(password);
      setPassword("");
      const result = isTx ? await sendIt() : await signAs(meta.chain_id, account, request.text);
      if (gone.current) toast(m.went);
      else (request.done as (r: unknown) => void)(result);
    } catch (problem) {
      setError(problem);
      setStage({ at: "ask" });
    }
  };
  const sendIt = async (): Promise<TxDone> => {
    if (request.kind !== "tx" || !cost.data || !meta) throw new Error("not ready");
    const { send } = await load(() => import("../signing/send"));
    try {
      const { done, earlier } = await send(meta.chain_id, account, request.messages, cost.data, setStage);
      if (earlier) toast(m.again);
      return done;
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
      onClose={close}
      held={!asking && !late}
      title={request.title}
      footer={
        <>
          <Button onClick={close} disabled={!asking && !late}>
            {late ? m.leave : m.cancel}
          </Button>
          <Button variant="primary" type="submit" form="approve" busy={!asking} disabled={!ready}>
            {asking
              ? (request.confirmLabel ?? (isTx ? m.sign : m.signText))
              : stage.at === "sign"
                ? m.stage.sign(account.kind === "keplr")
                : m.stage[stage.at]}
          </Button>
        </>
      }
    >
      <Form id="approve" ready={ready && asking} onSubmit={go}>
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
          {stage.at === "earlier" && (
            <Banner tone="warn">{m.before(stage.sent.names.join(", "), stage.sent.hash)}</Banner>
          )}
          {stage.at === "send" && late && (
            <Banner tone="warn" title={m.sent(stage.sent.hash)}>
              {m.sentWhy}
            </Banner>
          )}
          {error !== undefined && !(error instanceof WrongPassword) && <ErrorNote error={error} />}
        </Stack>
      </Form>
    </Dialog>
  );
}

/** Exact shows the request's own bytes in readable form. */
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
