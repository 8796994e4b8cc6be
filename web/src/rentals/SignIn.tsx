import { KeySquare } from "lucide-react";
import type { Rental } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { ms } from "../rental/chain";
import { draft, register } from "../session/open";
import { keep } from "../session/store";
import { authorize } from "../signing/approve";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { useWork } from "../ui/Form";
import { Card, Stack } from "../ui/Layout";
import { toast } from "../ui/toast";
import { useMachineRef } from "../vm/useSession";
import { words } from "./words";

const messages = define({
  en: {
    title: "Authorize this browser",
    signInWhy:
      "One signature lets this browser create, start and stop virtual machines in this rental without asking for your password each time. It can't move your coins, and ends with the rental.",
    signIn: "Authorize this browser",
    signInTitle: (id: string) => `Authorize this browser for rental ${id}`,
    signedIn: "This browser is authorized",
  },
  zh: {
    title: "授权本浏览器",
    signInWhy:
      "签名一次，本浏览器即可在此租用内创建、启动和停止虚拟机，无需每次输入密码；不能动用您的币，租用结束后自动失效。",
    signIn: "授权本浏览器",
    signInTitle: (id) => `授权本浏览器操作租用 ${id}`,
    signedIn: "本浏览器已获授权",
  },
});

/** SignIn creates the session with which the page calls the machine. */
export function SignIn({ rental, onDone }: { rental: Rental; onDone: () => Promise<void> }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const at = useMachineRef(rental);
  const { busy, error, run } = useWork();
  const go = () =>
    run(async () => {
      const made = await draft(at, rental.id, "operate", Math.floor(ms(rental.end) / 1_000));
      const { scope, expiry } = made.grant;
      const sign = await authorize({
        title: m.signInTitle(rental.id.toString()),
        rows: [
          [w.scope, w.scopes[scope]],
          [w.until, format.time(new Date(expiry * 1_000))],
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
    });
  return (
    <Card title={m.title}>
      <Stack>
        <p className="muted">{m.signInWhy}</p>
        {error !== undefined && <ErrorNote error={error} />}
        <div>
          <Button
            variant="primary"
            icon={<KeySquare aria-hidden="true" />}
            busy={busy !== ""}
            onClick={() => void go()}
          >
            {m.signIn}
          </Button>
        </div>
      </Stack>
    </Card>
  );
}
