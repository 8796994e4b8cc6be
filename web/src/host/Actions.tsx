import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { chainKey } from "../chain/key";
import type { TxMessage } from "../chain/tx";
import type { Machine, Params } from "../gen/dbc/machine/v1/machine_pb";
import type { Listing } from "../gen/dbc/machine/v1/query_pb";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { Card } from "../ui/Layout";
import { toast } from "../ui/toast";
import { useNow } from "../ui/useNow";
import { transact } from "../wallet/approve";
import { setActive, useWallet } from "../wallet/store";
import { DrainForm, LiftForm, OfflineForm, OnlineNote, PriceForm, RetireForm, StakeForm, WithdrawForm } from "./forms";
import css from "./Host.module.css";
import { messages } from "./messages";
import { type Action, actionsOf, obstacleTo, roleFor, withdrawableAt } from "./rights";

/** FormProps is what the form of an action is given. */
export interface FormProps {
  listing: Listing;
  machine: Machine;
  params: Params;
  /** disabled: something stands in the way. */
  disabled: boolean;
  /** act asks to sign a message, with rows that tell what it means. */
  act: (message: TxMessage, rows: readonly (readonly [string, ReactNode])[]) => Promise<boolean>;
}

const forms: Record<Action, (props: FormProps) => ReactNode> = {
  online: OnlineNote,
  offline: OfflineForm,
  price: PriceForm,
  drain: DrainForm,
  lift: LiftForm,
  stake: StakeForm,
  retire: RetireForm,
  withdraw: WithdrawForm,
};

/** Actions is all that a host can do to a machine now, each with what it means before it is signed. */
export function Actions({ listing, machine, params }: { listing: Listing; machine: Machine; params: Params }) {
  const m = useMessages(messages);
  const actions = actionsOf(machine);
  return (
    <Card title={m.can}>
      {actions.length === 0 && <p>{m.nothing}</p>}
      {actions.map((action) => (
        <One key={action} action={action} listing={listing} machine={machine} params={params} />
      ))}
    </Card>
  );
}

function One({ action, ...about }: { action: Action; listing: Listing; machine: Machine; params: Params }) {
  const m = useMessages(messages);
  const format = useFormat();
  const client = useQueryClient();
  const now = useNow();
  const { active, accounts } = useWallet();
  const { listing, machine, params } = about;
  const role = roleFor(action);
  const needed = machine[role];
  const other = accounts.find(({ address }) => address === needed);
  const mine = active?.address === needed;
  const obstacle = obstacleTo(action, listing, params, BigInt(Math.floor(now / 1_000)));
  const Form = forms[action];
  const act: FormProps["act"] = async (message, rows) => {
    const done = await transact({
      title: m.actions[action],
      rows: [[m.col.machine, `${machine.id.slice(0, 8)}…${machine.id.slice(-4)}`], ...rows],
      ...(m.warns[action] && { warning: m.warns[action] }),
      messages: [message],
    });
    if (!done) return false;
    toast(m.done[action]);
    await client.invalidateQueries({ queryKey: [chainKey] });
    return true;
  };
  const wait =
    obstacle === "unbonding"
      ? m.obstacles.unbonding(format.time(new Date(Number(withdrawableAt(machine, params)) * 1_000)))
      : obstacle && m.obstacles[obstacle];
  const signed = action !== "online";
  return (
    <section className={css.action} aria-label={m.actions[action]}>
      <div className={css.words}>
        <h3>{m.actions[action]}</h3>
        <p className="muted">{m.means[action]}</p>
        {wait && <p className={css.wait}>{wait}</p>}
        {signed && !mine && (
          <p className={css.wait}>
            {m.needs[role](`${needed.slice(0, 10)}…${needed.slice(-4)}`)}{" "}
            {other && (
              <Button size="small" onClick={() => setActive(needed)}>
                {m.actAs(other.name)}
              </Button>
            )}
          </p>
        )}
      </div>
      <Form {...about} disabled={!mine || wait !== undefined} act={act} />
    </section>
  );
}
