import type { DescMethodUnary } from "@bufbuild/protobuf";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { TxDone } from "../chain/tx";
import { useMessages } from "../i18n/messages";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Card, Row, Stack } from "../ui/Layout";
import { transact } from "../wallet/approve";
import { useWallet } from "../wallet/store";
import { type ChainTypes, signersOf } from "./descriptors";
import { starting } from "./fields";
import { type Draft, JsonForm, problemOf } from "./JsonForm";
import { toMessage } from "./json";
import { MethodPicker } from "./MethodPicker";
import { messages } from "./messages";

const shortName = ({ input }: DescMethodUnary) => input.typeName.replace(/^.*\./, "");

/** AnyMessage signs any message of the chain, by a form made of the chain's own descriptors. */
export function AnyMessage({ types, onDone }: { types: ChainTypes; onDone: (done: TxDone | undefined) => void }) {
  const [params, setParams] = useSearchParams();
  const { active } = useWallet();
  const wanted = params.get("message") ?? "dbc.rental.v1.MsgRentMachine";
  const method = types.messages.find(({ input }) => input.typeName === wanted) ?? types.messages[0];
  const m = useMessages(messages);
  if (!method) return null;
  return (
    <Card title={m.any}>
      <Stack>
        <p className="muted">{m.anyLead}</p>
        <MethodPicker
          methods={types.messages}
          chosen={method}
          label={m.message}
          nameOf={shortName}
          onChange={(next) => {
            onDone(undefined);
            setParams({ message: next.input.typeName }, { replace: true, preventScrollReset: true });
          }}
        />
        <OneMessage
          key={`${method.input.typeName} ${active?.address}`}
          method={method}
          types={types}
          address={active?.address ?? ""}
          onDone={onDone}
        />
      </Stack>
    </Card>
  );
}

function OneMessage({
  method,
  types: { registry },
  address,
  onDone,
}: {
  method: DescMethodUnary;
  types: ChainTypes;
  address: string;
  onDone: (done: TxDone | undefined) => void;
}) {
  const m = useMessages(messages);
  const schema = method.input;
  const signers = signersOf(method);
  const [draft, setDraft] = useState<Draft>(() => ({ json: starting(schema, signers, address) }));
  const problem = problemOf(schema, draft, registry);
  const foreign = signers.map((name) => draft.json[name]).find((by) => typeof by === "string" && by !== address);
  const submit = async () => {
    onDone(undefined);
    const done = await transact({
      title: m.signTitle(shortName(method)),
      warning: m.signWarning,
      messages: [{ schema, value: toMessage(schema, draft.json, registry), registry }],
    });
    onDone(done);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!problem) void submit();
      }}
    >
      <Stack>
        <JsonForm schema={schema} draft={draft} signers={signers} onChange={setDraft} />
        {typeof foreign === "string" && address !== "" && <Banner tone="warn">{m.foreign(foreign)}</Banner>}
        {problem && <Banner tone="warn">{m.jsonBad(problem)}</Banner>}
        <Row>
          <Button type="submit" variant="primary" disabled={problem !== ""}>
            {m.submit}
          </Button>
        </Row>
      </Stack>
    </form>
  );
}
