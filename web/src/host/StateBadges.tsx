import type { Machine } from "../gen/dbc/machine/v1/machine_pb";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Row } from "../ui/Layout";
import { messages } from "./messages";
import { stakeTooLow } from "./rights";
import { names, tones } from "./states";

/** StateBadges is a machine's state, with what its host should look at. */
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
