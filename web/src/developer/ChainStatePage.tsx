import type { DescMethodUnary } from "@bufbuild/protobuf";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { abciQuery } from "../chain/query";
import { define, useMessages } from "../i18n/messages";
import { plainText } from "../node/plain";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { Form } from "../ui/Form";
import { Card, Row, Stack } from "../ui/Layout";
import { DeveloperPage } from "./DeveloperPage";
import { type ChainTypes, methodName } from "./descriptors";
import { type Draft, JsonForm, problemOf } from "./JsonForm";
import { toMessage, toText } from "./json";
import { MethodPicker } from "./MethodPicker";
import { Code } from "./TxResult";
import { words } from "./words";

const messages = define({
  en: {
    query: "Query",
    ask: "Ask the chain",
    asking: "Asking…",
    answer: "Answer",
  },
  zh: {
    query: "查询",
    ask: "查询",
    asking: "查询中……",
    answer: "结果",
  },
});

/** ChainStatePage runs any query of the chain. */
export default function ChainStatePage() {
  return <DeveloperPage>{(types) => <AnyQuery types={types} />}</DeveloperPage>;
}

function AnyQuery({ types }: { types: ChainTypes }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const [params, setParams] = useSearchParams();
  const wanted = params.get("query") ?? "dbc.rental.v1.Query/Params";
  const method = types.queries.find((q) => methodName(q) === wanted) ?? types.queries[0];
  if (!method) return null;
  return (
    <Card title={w.state}>
      <Stack>
        <MethodPicker
          methods={types.queries}
          chosen={method}
          label={m.query}
          nameOf={({ name }) => name}
          onChange={(next) => setParams({ query: methodName(next) }, { replace: true, preventScrollReset: true })}
        />
        <OneQuery key={methodName(method)} method={method} types={types} />
      </Stack>
    </Card>
  );
}

function OneQuery({ method, types: { registry } }: { method: DescMethodUnary; types: ChainTypes }) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const { input, output } = method;
  const [draft, setDraft] = useState<Draft>({ json: {} });
  const problem = problemOf(input, draft, registry);
  const answer = useMutation({
    mutationFn: async () => {
      const request = toBinary(input, toMessage(input, draft.json, registry));
      const bytes = await abciQuery(`/${methodName(method)}`, request);
      return plainText(toText(output, fromBinary(output, bytes), registry));
    },
  });
  return (
    <Form ready={problem === ""} onSubmit={() => answer.mutate()}>
      <Stack>
        <JsonForm schema={input} draft={draft} onChange={setDraft} />
        {problem && <Banner tone="warn">{w.jsonBad(problem)}</Banner>}
        <Row>
          <Button type="submit" variant="primary" disabled={problem !== ""} busy={answer.isPending}>
            {answer.isPending ? m.asking : m.ask}
          </Button>
        </Row>
        {answer.isError && <ErrorNote error={answer.error} />}
        {answer.data !== undefined && (
          <Stack gap={6}>
            <h3>{m.answer}</h3>
            <div role="status">
              <Code label={output.typeName} text={answer.data} />
            </div>
          </Stack>
        )}
      </Stack>
    </Form>
  );
}
