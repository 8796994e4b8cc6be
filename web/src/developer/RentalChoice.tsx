import { useState } from "react";
import { useChainQuery } from "../chain/hooks";
import { Query } from "../gen/dbc/rental/v1/query_pb";
import { type Rental, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { define, useMessages } from "../i18n/messages";
import { Asked } from "../ui/Asked";
import { SelectField } from "../ui/Field";
import { pick } from "./guide";
import { words } from "./words";

const messages = define({
  en: {
    rentalName: (id: string, state: string) => `Rental ${id}, ${state}`,
    trial: "in its trial",
    active: "confirmed",
    noTrial: "This account has no rental of this machine that waits for its confirmation.",
    noActive: "This account has no confirmed rental of this machine.",
  },
  zh: {
    rentalName: (id, state) => `租用 ${id}，${state}`,
    trial: "试用中",
    active: "已确认",
    noTrial: "此账户在该机器上没有等待确认的租用。",
    noActive: "此账户在该机器上没有已确认的租用。",
  },
});

/**
 * useRental finds the account's rental of a machine in a state. The guide's
 * functions only name a machine; if the account has several rentals of it, the
 * field asks which one is meant.
 */
export function useRental(machineId: string, address: string, state: RentalState) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const [chosen, setChosen] = useState("");
  const found = useChainQuery(
    Query.method.rentalsByMachine,
    { machineId, openOnly: true, pagination: { limit: 500n } },
    { enabled: machineId !== "" },
  );
  const mine = (found.data?.rentals ?? []).filter((r) => r.renter === address && r.state === state);
  const word = state === RentalState.TRIAL ? m.trial : m.active;
  const name = (r: Rental) => m.rentalName(r.id.toString(), word);
  const field = (
    <>
      <Asked query={found} />
      {found.data && mine.length === 0 && <p role="status">{state === RentalState.TRIAL ? m.noTrial : m.noActive}</p>}
      {mine.length > 1 && (
        <SelectField
          label={w.rental}
          value={chosen}
          onChange={setChosen}
          choices={[{ value: "", label: "…" }, ...mine.map((r) => ({ value: r.id.toString(), label: name(r) }))]}
        />
      )}
    </>
  );
  return { rental: pick(mine, chosen), name, field };
}
