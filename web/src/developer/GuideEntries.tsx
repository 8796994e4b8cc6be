import { useSearchParams } from "react-router";
import { define, useMessages } from "../i18n/messages";
import type { TxDone } from "../signing/tx";
import { Choices } from "../ui/Choices";
import { TextField } from "../ui/Field";
import { Card, Stack } from "../ui/Layout";
import { useAddressText } from "../ui/useAddressText";
import { useWallet } from "../wallet/store";
import { ConfirmEntry } from "./ConfirmEntry";
import css from "./Developer.module.css";
import { readMachineId } from "./guide";
import { ReletEntry } from "./ReletEntry";
import { RentEntry } from "./RentEntry";

const messages = define({
  en: {
    guide: "As in the rental guide",
    call: "Function",
    machineId: "machine_id",
    machineIdHint: "64 hex digits, from the machine table; a 0x before it is tolerated",
    machineIdBad: "A machine id is 64 hex digits",
    needAccount: "Set up a wallet first: rentals belong to an account.",
  },
  zh: {
    guide: "按照租用指南",
    call: "函数",
    machineId: "machine_id",
    machineIdHint: "机器列表中的 64 位十六进制机器 ID；前面带 0x 也可以",
    machineIdBad: "机器 ID 应为 64 位十六进制数",
    needAccount: "请先设置钱包：租用属于某个账户。",
  },
});

const calls = {
  rentMachine: { label: "rentMachine(machine_id, duration)", Entry: RentEntry },
  confirmRent: { label: "confirmRent(machine_id)", Entry: ConfirmEntry },
  reletMachine: { label: "reletMachine(machine_id, add_duration)", Entry: ReletEntry },
};
type Call = keyof typeof calls;

/** EntryProps are the props of each of the guide's functions. */
export interface EntryProps {
  /** machineId is "" until one was typed. */
  machineId: string;
  /** address of the account that signs. */
  address: string;
  onDone: (done: TxDone | undefined) => void;
}

/**
 * GuideEntries are the three transactions of the rental guide, with its names
 * and units.
 */
export function GuideEntries({ onDone }: Pick<EntryProps, "onDone">) {
  const m = useMessages(messages);
  const { active } = useWallet();
  const [params, setParams] = useSearchParams();
  const wanted = params.get("call") ?? "";
  const call: Call = wanted in calls ? (wanted as Call) : "rentMachine";
  const put = (key: string, value: string) =>
    setParams(
      (last) => {
        const next = new URLSearchParams(last);
        if (value) next.set(key, value);
        else next.delete(key);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  const field = useAddressText(params.get("machine_id") ?? "", (text) => put("machine_id", text));
  const typed = field.value;
  const machineId = readMachineId(typed);
  const { Entry } = calls[call];
  return (
    <Card title={m.guide}>
      <Stack>
        <Choices<Call>
          label={m.call}
          value={call}
          onChange={(next) => {
            onDone(undefined);
            put("call", next);
          }}
          choices={Object.entries(calls).map(([value, { label }]) => ({ value: value as Call, label }))}
        />
        <div className={css.form}>
          <TextField
            {...field}
            label={m.machineId}
            hint={m.machineIdHint}
            onChange={(text) => {
              onDone(undefined);
              field.onChange(text);
            }}
            error={typed !== "" && machineId === "" && m.machineIdBad}
            className="mono"
            spellCheck={false}
            autoComplete="off"
          />
          {active ? (
            <Entry
              key={`${machineId} ${active.address}`}
              machineId={machineId}
              address={active.address}
              onDone={onDone}
            />
          ) : (
            <p className="muted">{m.needAccount}</p>
          )}
        </div>
      </Stack>
    </Card>
  );
}
