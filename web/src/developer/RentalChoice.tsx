import { useState } from "react";
import { useChainQuery } from "../chain/hooks";
import { Query } from "../gen/dbc/rental/v1/query_pb";
import { type Rental, RentalState } from "../gen/dbc/rental/v1/rental_pb";
import { useMessages } from "../i18n/messages";
import { Asked } from "../ui/Asked";
import { SelectField } from "../ui/Field";
import { pick } from "./guide";
import { messages } from "./messages";

/**
 * useRental finds the account's rental of a machine in a state. The guide's
 * functions name a machine only; where the account has several rentals of it,
 * the field asks which one is meant.
 */
export function useRental(machineId: string, address: string, state: RentalState) {
  const m = useMessages(messages);
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
          label={m.rental}
          value={chosen}
          onChange={setChosen}
          choices={[{ value: "", label: "…" }, ...mine.map((r) => ({ value: r.id.toString(), label: name(r) }))]}
        />
      )}
    </>
  );
  return { rental: pick(mine, chosen), name, field };
}
