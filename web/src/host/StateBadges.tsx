import type { Machine } from "../gen/dbc/machine/v1/machine_pb";
import { define, useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Row } from "../ui/Layout";
import { stakeTooLow } from "./rights";
import { names, tones } from "./states";

const messages = define({
  en: {
    states: { none: "Unknown", bonded: "Not opened", online: "Online", offline: "Offline", retired: "Retired" },
    draining: "Draining",
    challenged: "Challenged",
    low: "Stake too low",
  },
  zh: {
    states: { none: "未知", bonded: "未开放", online: "在线", offline: "离线", retired: "已退役" },
    draining: "排空中",
    challenged: "被质询",
    low: "质押不足",
  },
});

/** StateBadges shows a machine's state, and what needs its host's attention. */
export function StateBadges({ machine }: { machine: Machine }) {
  const m = useMessages(messages);
  const name = names[machine.state];
  return (
    <Row gap={6}>
      <Badge tone={tones[name]} dot>
        {m.states[name]}
      </Badge>
      {machine.drainFrom && <Badge tone="warn">{m.draining}</Badge>}
      {machine.openChallenges.length > 0 && <Badge tone="bad">{m.challenged}</Badge>}
      {name !== "retired" && stakeTooLow(machine) && <Badge tone="bad">{m.low}</Badge>}
    </Row>
  );
}
