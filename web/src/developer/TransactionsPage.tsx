import { createRegistry } from "@bufbuild/protobuf";
import { useState } from "react";
import { file_dbc_rental_v1_tx } from "../gen/dbc/rental/v1/tx_pb";
import type { TxDone } from "../signing/tx";
import { Stack } from "../ui/Layout";
import { AnyMessage } from "./AnyMessage";
import { DeveloperPage } from "./DeveloperPage";
import { GuideEntries } from "./GuideEntries";
import { TxResult } from "./TxResult";

const own = createRegistry(file_dbc_rental_v1_tx);

/** TransactionsPage signs the guide's three transactions, and any other. */
export default function TransactionsPage() {
  const [guided, setGuided] = useState<TxDone>();
  const [done, setDone] = useState<TxDone>();
  return (
    <DeveloperPage
      first={
        <Stack>
          <GuideEntries onDone={setGuided} />
          {guided && <TxResult done={guided} registry={own} />}
        </Stack>
      }
    >
      {(types) => (
        <Stack>
          <AnyMessage types={types} onDone={setDone} />
          {done && <TxResult done={done} registry={types.registry} />}
        </Stack>
      )}
    </DeveloperPage>
  );
}
