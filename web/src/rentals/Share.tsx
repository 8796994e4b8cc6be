import { useMutation, useQuery } from "@tanstack/react-query";
import { Link2 } from "lucide-react";
import { useState } from "react";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages, wordFor } from "../i18n/messages";
import { ignored } from "../node/read";
import { ms } from "../rental/chain";
import { readSessions } from "../session/listed";
import { callMachine } from "../session/machine";
import { nameOf, setName } from "../session/names";
import { draft, register } from "../session/open";
import type { Scope } from "../session/request";
import { linkOf, type Session } from "../session/store";
import { byWallet } from "../session/wallet";
import { authorize } from "../signing/approve";
import { Badge } from "../ui/Badge";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Choices } from "../ui/Choices";
import { Command } from "../ui/Copy";
import { ErrorNote } from "../ui/ErrorNote";
import { TextField } from "../ui/Field";
import { Card, Row, Stack } from "../ui/Layout";
import { asker, useMachineRef } from "../vm/useSession";
import { isLoopback } from "../wallet/origin";
import { words } from "./words";

const messages = define({
  en: {
    share: "Links for colleagues",
    shareWhy:
      "A link lets its holder act in this rental, and nowhere else. Who has it needs no wallet: send it by a safe way.",
    shareMake: "Make a link",
    shareScope: "What it allows",
    shareCopy: "the link",
    shareShown: "It is shown this once.",
    shareList: "Sessions of this rental",
    revoke: "Revoke",
    revokeTitle: "Revoke a session",
    thisBrowser: "this browser",
    name: "Who is it for",
    nameHint: "Only this browser keeps the name.",
    here: (host: string) => `This link begins with ${host}`,
    hereWhy:
      "That leads to the computer on which it is opened. Your colleague needs a client node of their own there, or you open this app at an address that leads to yours, and make the link again.",
  },
  zh: {
    share: "给同事的链接",
    shareWhy: "持有链接的人无需钱包，即可在此租用内操作（仅限此租用）。请通过安全的方式发送。",
    shareMake: "生成链接",
    shareScope: "允许的操作",
    shareCopy: "链接",
    shareShown: "仅显示这一次。",
    shareList: "此租用的会话",
    revoke: "撤销",
    revokeTitle: "撤销会话",
    thisBrowser: "本浏览器",
    name: "给谁使用",
    nameHint: "名称仅保存在本浏览器中。",
    here: (host) => `此链接以 ${host} 开头`,
    hereWhy:
      "它指向打开链接的那台计算机。同事须在自己的计算机上运行客户端节点；或者请用能访问到您的节点的地址打开本应用，重新生成链接。",
  },
});

/**
 * Share creates links with which colleagues can act in the rental, and revokes
 * them.
 */
export function Share({ rental, session }: { rental: Rental; session: Session }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const at = useMachineRef(rental);
  const [scope, setScope] = useState<Scope>("read");
  const [who, setWho] = useState("");
  const list = useQuery({
    queryKey: ["sessions", rental.id.toString()],
    queryFn: async ({ signal }) => {
      const { sessions } = await asker(at, session)("/api/v1/sessions/list", readSessions, {}, signal);
      return sessions.filter((s) => s.rent_order === rental.id.toString() && !s.revoked);
    },
    enabled: at.chainId !== "",
  });
  const make = useMutation({
    mutationFn: async () => {
      const made = await draft(at, rental.id, scope, Math.floor(ms(rental.end) / 1_000));
      const { expiry } = made.grant;
      const sign = await authorize({
        title: m.shareMake,
        rows: [
          [w.scope, w.scopes[scope]],
          [w.until, format.time(new Date(expiry * 1_000))],
        ],
        text: made.text,
      });
      if (sign === undefined) return undefined;
      const id = await register(at, made, sign);
      setName(id, who.trim());
      const granted = {
        id,
        wallet: rental.renter,
        rentId: rental.id.toString(),
        machineId: rental.machineId,
        scope,
        expiry,
      };
      return `${location.origin}/rentals/${rental.id}${linkOf(granted, made.privateKey)}`;
    },
    onSuccess: () => list.refetch(),
  });
  const revoke = useMutation({
    mutationFn: (id: string) => {
      const rows = [[m.shareList, [nameOf(id), id.slice(0, 16)].filter(Boolean).join(" · ")]] as const;
      const by = byWallet(rental.renter, { title: m.revokeTitle, rows });
      return callMachine(at, "/api/v1/sessions/revoke", { session_id: id }, ignored, by);
    },
    onSuccess: () => list.refetch(),
  });
  return (
    <Card title={m.share}>
      <Stack gap={14}>
        <p className="small muted">{m.shareWhy}</p>
        <Choices<Scope>
          label={m.shareScope}
          value={scope}
          onChange={setScope}
          choices={(["read", "operate", "full"] as const).map((value) => ({ value, label: w.scopes[value] }))}
        />
        <TextField label={m.name} hint={m.nameHint} value={who} onChange={setWho} maxLength={40} autoComplete="off" />
        <div>
          <Button icon={<Link2 aria-hidden="true" />} busy={make.isPending} onClick={() => make.mutate()}>
            {m.shareMake}
          </Button>
        </div>
        {make.data && (
          <Stack gap={6}>
            <Command text={make.data} what={m.shareCopy} />
            <p className="small muted">{m.shareShown}</p>
            {isLoopback(location.hostname) && (
              <Banner tone="warn" title={m.here(location.host)}>
                {m.hereWhy}
              </Banner>
            )}
          </Stack>
        )}
        {(make.isError || revoke.isError || list.isError) && (
          <ErrorNote error={make.error ?? revoke.error ?? list.error} />
        )}
        {list.data && list.data.length > 0 && (
          <Stack gap={8}>
            <h3>{m.shareList}</h3>
            {list.data.map((granted) => (
              <Row key={granted.session_id} spread>
                <span className="small">
                  {nameOf(granted.session_id) || <code>{granted.session_id.slice(0, 8)}</code>} ·{" "}
                  {wordFor(w.scopes, granted.scope)}
                </span>
                {granted.session_id === session.id ? (
                  <Badge>{m.thisBrowser}</Badge>
                ) : (
                  <Button
                    size="small"
                    variant="ghost"
                    disabled={revoke.isPending}
                    onClick={() => revoke.mutate(granted.session_id)}
                  >
                    {m.revoke}
                  </Button>
                )}
              </Row>
            ))}
          </Stack>
        )}
      </Stack>
    </Card>
  );
}
