import type { DescMethodUnary } from "@bufbuild/protobuf";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { define, useMessages } from "../i18n/messages";
import { transact } from "../signing/approve";
import type { TxDone } from "../signing/tx";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Form } from "../ui/Form";
import { Card, Row, Stack } from "../ui/Layout";
import { useWallet } from "../wallet/store";
import { type ChainTypes, signersOf } from "./descriptors";
import { starting } from "./fields";
import { type Draft, JsonForm, problemOf } from "./JsonForm";
import { toMessage } from "./json";
import { MethodPicker } from "./MethodPicker";
import { words } from "./words";

const messages = define({
  en: {
    any: "Any message",
    anyLead: "Durations are in seconds here and amounts in udbc, as the chain takes them.",
    message: "Message",
    signTitle: (name: string) => `Sign ${name}`,
    signWarning: "A message sent here has no check by this app beside the chain's own. Look at what is signed.",
    foreign: (address: string) =>
      `The signer is ${address}, which is not the chosen account: the chain will refuse it.`,
  },
  zh: {
    any: "任意消息",
    anyLead: "此处时长以秒为单位，金额以 udbc 为单位，与链上一致。",
    message: "消息",
    signTitle: (name) => `签名 ${name}`,
    signWarning: "此处发送的消息除链自身的检查外，本应用不再检查。请核对签名内容。",
    foreign: (address) => `签名者为 ${address}，并非当前账户：链会拒绝该交易。`,
  },
});

const shortName = ({ input }: DescMethodUnary) => input.typeName.replace(/^.*\./, "");

/**
 * AnyMessage signs any message of the chain, with a form generated from the
 * chain's own descriptors.
 */
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
  const w = useMessages(words);
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
    <Form ready={problem === ""} onSubmit={submit}>
      <Stack>
        <JsonForm schema={schema} draft={draft} signers={signers} onChange={setDraft} />
        {typeof foreign === "string" && address !== "" && <Banner tone="warn">{m.foreign(foreign)}</Banner>}
        {problem && <Banner tone="warn">{w.jsonBad(problem)}</Banner>}
        <Row>
          <Button type="submit" variant="primary" disabled={problem !== ""}>
            {w.submit}
          </Button>
        </Row>
      </Stack>
    </Form>
  );
}
