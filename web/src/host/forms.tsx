import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type ReactNode, useState } from "react";
import {
  MsgAddStakeSchema,
  MsgDrainSchema,
  MsgRetireSchema,
  MsgSetOfflineSchema,
  MsgSetPriceSchema,
  MsgWithdrawStakeSchema,
} from "../gen/dbc/machine/v1/tx_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { parseDbc } from "../money/udbc";
import { now } from "../node/clock";
import { msg } from "../signing/tx";
import { Button } from "../ui/Button";
import { Command } from "../ui/Copy";
import { TextField } from "../ui/Field";
import { Form } from "../ui/Form";
import type { FormProps } from "./Actions";
import css from "./Host.module.css";
import { missingStake, rented } from "./rights";
import { words } from "./words";

const messages = define({
  en: {
    newPrice: "New price for each slot and day",
    oldPrice: "Price now",
    amountBad: "An amount of DBC above 0, with at most six decimals",
    amount: "Amount",
    missing: (amount: string) => `${amount} are missing`,
    stakeAfter: "Stake afterwards",
    from: "No rental beyond",
    fromHint: (notice: string) => `Your local time; at least ${notice} from now`,
    fromBad: (notice: string) => `At least ${notice} from now`,
    onlineCommand: "the command",
    rentedNow: "Slots rented now",
    stakeBack: "Stake that comes back",
  },
  zh: {
    newPrice: "每卡位每天的新价格",
    oldPrice: "当前价格",
    amountBad: "请输入大于 0 的 DBC 金额，最多六位小数",
    amount: "金额",
    missing: (amount) => `还差 ${amount}`,
    stakeAfter: "追加后的质押",
    from: "租用不得晚于",
    fromHint: (notice) => `按本地时间；至少在 ${notice} 之后`,
    fromBad: (notice) => `至少在 ${notice} 之后`,
    onlineCommand: "命令",
    rentedNow: "当前已租卡位",
    stakeBack: "将退回的质押",
  },
});

/** Ask is an action's form: its inputs, if any, and its button. */
function Ask({
  label,
  disabled,
  danger = false,
  onSubmit,
  children,
}: {
  label: string;
  disabled: boolean;
  danger?: boolean;
  onSubmit: () => void;
  children?: ReactNode;
}) {
  return (
    <Form className={children ? css.form : css.alone} ready={!disabled} onSubmit={onSubmit}>
      {children}
      <Button type="submit" variant={danger ? "danger" : "secondary"} disabled={disabled}>
        {label}
      </Button>
    </Form>
  );
}

/**
 * OnlineNote shows how a machine goes online: its own key must sign, on its
 * computer.
 */
export function OnlineNote() {
  const m = useMessages(messages);
  return (
    <div className={css.wide}>
      <Command text="dbc host online --wallet operator" what={m.onlineCommand} />
    </div>
  );
}

export function OfflineForm({ listing, machine: { id, operator }, disabled, act }: FormProps) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const submit = () => act(msg(MsgSetOfflineSchema, { operator, machineId: id }), [[m.rentedNow, rented(listing)]]);
  return <Ask label={w.actions.offline} disabled={disabled} danger onSubmit={submit} />;
}

export function PriceForm({ machine: { id, operator, pricePerDay, exitNoticeSeconds }, disabled, act }: FormProps) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const [text, setText] = useState("");
  const price = parseDbc(text);
  const ok = price !== null && price > 0n;
  const submit = async () => {
    if (!ok) return;
    const message = msg(MsgSetPriceSchema, {
      operator,
      prices: [{ machineId: id, pricePerDay: price, exitNoticeSeconds }],
    });
    const done = await act(message, [
      [m.oldPrice, format.dbc(pricePerDay)],
      [m.newPrice, format.dbc(price)],
    ]);
    if (done) setText("");
  };
  return (
    <Ask label={w.actions.price} disabled={disabled || !ok} onSubmit={submit}>
      <TextField
        label={m.newPrice}
        value={text}
        onChange={setText}
        inputMode="decimal"
        autoComplete="off"
        suffix="DBC"
        error={text !== "" && !ok && m.amountBad}
      />
    </Ask>
  );
}

export function DrainForm({ machine: { id, operator }, params, disabled, act }: FormProps) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const [text, setText] = useState("");
  const notice = Number(params.drainNotice?.seconds ?? 0n);
  const from = Date.parse(text);
  const ok = from >= now() + notice * 1_000;
  const submit = async () => {
    if (!ok) return;
    const message = msg(MsgDrainSchema, { operator, machineIds: [id], from: timestampFromMs(from) });
    if (await act(message, [[m.from, format.time(new Date(from))]])) setText("");
  };
  return (
    <Ask label={w.actions.drain} disabled={disabled || !ok} onSubmit={submit}>
      <TextField
        label={m.from}
        type="datetime-local"
        value={text}
        onChange={setText}
        hint={m.fromHint(format.duration(notice))}
        error={text !== "" && !ok && m.fromBad(format.duration(notice))}
      />
    </Ask>
  );
}

export function LiftForm({ machine: { id, operator }, disabled, act }: FormProps) {
  const w = useMessages(words);
  const submit = () => act(msg(MsgDrainSchema, { operator, machineIds: [id] }), []);
  return <Ask label={w.actions.lift} disabled={disabled} onSubmit={submit} />;
}

export function StakeForm({ machine, disabled, act }: FormProps) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const [text, setText] = useState("");
  const amount = parseDbc(text);
  const ok = amount !== null && amount > 0n;
  const missing = missingStake(machine);
  const submit = async () => {
    if (!ok) return;
    const message = msg(MsgAddStakeSchema, { sender: machine.owner, machineId: machine.id, amount });
    const done = await act(message, [
      [m.amount, format.dbc(amount)],
      [m.stakeAfter, format.dbc(machine.stake + amount)],
    ]);
    if (done) setText("");
  };
  return (
    <Ask label={w.actions.stake} disabled={disabled || !ok} onSubmit={submit}>
      <TextField
        label={m.amount}
        value={text}
        onChange={setText}
        inputMode="decimal"
        autoComplete="off"
        suffix="DBC"
        hint={missing > 0n && m.missing(format.dbc(missing))}
        error={text !== "" && !ok && m.amountBad}
      />
    </Ask>
  );
}

export function RetireForm({ machine: { id, owner, stake }, disabled, act }: FormProps) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const submit = () => act(msg(MsgRetireSchema, { owner, machineId: id }), [[m.stakeBack, format.dbc(stake)]]);
  return <Ask label={w.actions.retire} disabled={disabled} danger onSubmit={submit} />;
}

export function WithdrawForm({ machine: { id, owner, stake }, disabled, act }: FormProps) {
  const m = useMessages(messages);
  const w = useMessages(words);
  const format = useFormat();
  const submit = () => act(msg(MsgWithdrawStakeSchema, { owner, machineId: id }), [[m.stakeBack, format.dbc(stake)]]);
  return <Ask label={w.actions.withdraw} disabled={disabled} onSubmit={submit} />;
}
