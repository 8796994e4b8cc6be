import { useMutation, useQuery } from "@tanstack/react-query";
import { Link2 } from "lucide-react";
import { useState } from "react";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { callMachine } from "../session/machine";
import { draft, register } from "../session/open";
import type { Scope } from "../session/request";
import { linkOf, type Session } from "../session/store";
import { byWallet } from "../session/wallet";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Choices } from "../ui/Choices";
import { Command } from "../ui/Copy";
import { ErrorNote } from "../ui/ErrorNote";
import { Card, Row, Stack } from "../ui/Layout";
import { authorize } from "../wallet/approve";
import { ms } from "./chain";
import { messages } from "./messages";
import { asker, useMachineRef } from "./useSession";

interface Listed {
  session_id: string;
  rent_order: string;
  scope: Scope;
  expires: string;
  revoked: boolean;
}

/** Share makes links by which colleagues act in the rental, and ends them. */
export function Share({ rental, session }: { rental: Rental; session: Session }) {
  const m = useMessages(messages);
  const format = useFormat();
  const at = useMachineRef(rental);
  const [scope, setScope] = useState<Scope>("read");
  const list = useQuery({
    queryKey: ["sessions", rental.id.toString()],
    queryFn: async ({ signal }) => {
      const { sessions } = await asker(at, session)<{ sessions: Listed[] }>("/api/v1/sessions/list", {}, signal);
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
          [m.scope, m.scopes[scope]],
          [m.until, format.time(new Date(expiry * 1_000))],
        ],
        text: made.text,
      });
      if (sign === undefined) return undefined;
      const id = await register(at, made, sign);
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
      const by = byWallet(rental.renter, { title: m.revokeTitle, rows: [[m.shareList, id.slice(0, 16)]] });
      return callMachine(at, "/api/v1/sessions/revoke", { session_id: id }, by);
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
          choices={(["read", "operate", "full"] as const).map((value) => ({ value, label: m.scopes[value] }))}
        />
        <div>
          <Button icon={<Link2 aria-hidden="true" />} busy={make.isPending} onClick={() => make.mutate()}>
            {m.shareMake}
          </Button>
        </div>
        {make.data && (
          <Stack gap={6}>
            <Command text={make.data} what={m.shareCopy} />
            <p className="small muted">{m.shareShown}</p>
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
                  <code>{granted.session_id.slice(0, 8)}</code> · {m.scopes[granted.scope]}
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
