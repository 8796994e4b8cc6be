import { Reason, type Rental } from "../gen/dbc/rental/v1/rental_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { ms } from "../rental/chain";
import { keptUntil } from "../rental/kept";
import { words } from "../rental/words";
import { Boundary } from "../ui/Boundary";
import { LinkButton } from "../ui/Button";
import { Card, Facts, Row, Stack } from "../ui/Layout";
import { useNow } from "../ui/useNow";
import { AskKept } from "./Kept";

const messages = define({
  en: {
    title: "The rental is over",
    why: "What happened",
    when: "When",
    disks: "Disks",
    kept: (when: string) => `kept until ${when} at the latest`,
    gone: "deleted",
    none: "deleted with the trial",
    restore:
      "To go on with them, rent this machine again with the same account, and choose the kept disks when you create the virtual machine. The host may delete them earlier if a new virtual machine needs the room.",
    again: "Rent this machine again",
    other: "Find another machine",
    explain: "What happened and why",
  },
  zh: {
    title: "租用已结束",
    why: "原因",
    when: "时间",
    disks: "磁盘",
    kept: (when) => `最晚保留至 ${when}`,
    gone: "已删除",
    none: "已随试用一并删除",
    restore:
      "要继续使用这些磁盘，请用同一账户再次租用此机器，并在创建虚拟机时选择保留的磁盘。若新的虚拟机需要空间，出租方可能提前删除。",
    again: "再次租用此机器",
    other: "寻找其他机器",
    explain: "经过与原因",
  },
});

/**
 * After shows what is left of a rental that is over: why it ended, what is kept
 * until when, and how to continue.
 */
export function After({ rental, own }: { rental: Rental; own: boolean }) {
  const m = useMessages(messages);
  const { reasons } = useMessages(words);
  const format = useFormat();
  const now = useNow();
  const last = rental.transitions.at(-1);
  const until = keptUntil(rental);
  const kept = until !== undefined && until > now;
  const disks = until === undefined ? m.none : kept ? m.kept(format.time(new Date(until))) : m.gone;
  return (
    <Card title={m.title}>
      <Stack>
        <Facts
          wide
          rows={[
            [m.why, reasons[last?.reason ?? Reason.UNSPECIFIED]],
            [m.when, format.time(new Date(ms(last?.time) || ms(rental.end)))],
            [m.disks, disks],
          ]}
        />
        {own && kept && (
          <>
            <p className="small muted">{m.restore}</p>
            <Boundary>
              <AskKept machineId={rental.machineId} renter={rental.renter} />
            </Boundary>
          </>
        )}
        <Row>
          <LinkButton variant="primary" to={`/machines/${rental.machineId}`}>
            {m.again}
          </LinkButton>
          <LinkButton to="/machines">{m.other}</LinkButton>
          <LinkButton variant="ghost" to={`/rentals/${rental.id}/explain`}>
            {m.explain}
          </LinkButton>
        </Row>
      </Stack>
    </Card>
  );
}
