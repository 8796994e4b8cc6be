import { KeySquare } from "lucide-react";
import { useState } from "react";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { draft, register } from "../session/open";
import { keep } from "../session/store";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { Card, Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { authorize } from "../wallet/approve";
import { ms } from "./chain";
import { messages } from "./messages";
import { useMachineRef } from "./useSession";

/** SignIn makes the session by which the page asks the machine. */
export function SignIn({ rental, onDone }: { rental: Rental; onDone: () => Promise<void> }) {
  const m = useMessages(messages);
  const format = useFormat();
  const at = useMachineRef(rental);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const go = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const made = await draft(at, rental.id, "operate", Math.floor(ms(rental.end) / 1_000));
      const { scope, expiry } = made.grant;
      const sign = await authorize({
        title: m.signInTitle(rental.id.toString()),
        rows: [
          [m.scope, m.scopes[scope]],
          [m.until, format.time(new Date(expiry * 1_000))],
        ],
        text: made.text,
      });
      if (sign === undefined) return;
      const id = await register(at, made, sign);
      await keep(
        { id, wallet: rental.renter, rentId: rental.id.toString(), machineId: rental.machineId, scope, expiry },
        made.privateKey,
      );
      toast(m.signedIn);
      await onDone();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title={m.steps.sign}>
      <Stack>
        <p className="muted">{m.signInWhy}</p>
        {error !== undefined && <ErrorNote error={error} />}
        <div>
          <Button variant="primary" icon={<KeySquare aria-hidden="true" />} busy={busy} onClick={() => void go()}>
            {m.signIn}
          </Button>
        </div>
      </Stack>
    </Card>
  );
}
