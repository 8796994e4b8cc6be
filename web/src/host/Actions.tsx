import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { chainKey } from "../chain/key";
import type { Machine, Params } from "../gen/dbc/machine/v1/machine_pb";
import type { Listing } from "../gen/dbc/machine/v1/query_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { transact } from "../signing/approve";
import type { TxMessage } from "../signing/tx";
import { Button } from "../ui/Button";
import { Card } from "../ui/Layout";
import { toast } from "../ui/toast";
import { useNow } from "../ui/useNow";
import { setActive, useWallet } from "../wallet/store";
import { DrainForm, LiftForm, OfflineForm, OnlineNote, PriceForm, RetireForm, StakeForm, WithdrawForm } from "./forms";
import css from "./Host.module.css";
import { type Action, actionsOf, obstacleTo, roleFor, withdrawableAt } from "./rights";
import { words } from "./words";

const messages = define({
  en: {
    can: "What you can do",
    nothing: "This machine is retired and its stake was withdrawn. Nothing is left to do.",
    means: {
      price: "For later rentals and renewals only; running rentals keep the price they were made at.",
      online:
        "Opens the machine for rentals. That needs the signature of the machine's own key, which never leaves its computer, so it is done there by:",
      offline:
        "No new rental, confirmation or renewal. Running rentals stay, but earn nothing while it is offline, and a renter may end one after too long an outage. Open trials are refunded, with their fee from your stake.",
      drain:
        "No rental or renewal reaches beyond the time you set. What is rented already stays: the way to an empty machine without breaking a rental.",
      lift: "Rentals may be as long as before again.",
      stake:
        "While it is short, a tenth of what you are paid goes into it; below nine tenths the machine takes no new rental. What you add comes back with the rest after retirement.",
      retire:
        "Takes the machine off the market for good. Its stake comes back later; its GPUs can be bonded anew after a cool-down.",
      withdraw: "Brings the stake back to the owner.",
    },
    warns: {
      price: "",
      online: "",
      offline: "Open trials on this machine are refunded at once, and their fees are paid from your stake.",
      drain: "",
      lift: "",
      stake: "The stake pays penalties, and fees of trials that the machine spoils.",
      retire: "This can't be undone. A retired machine must be bonded anew, with a new signature of its key.",
      withdraw: "",
    },
    obstacles: {
      challenged: "Not while somebody asks whether the machine is there: answer first.",
      rented: "Not while slots are rented. Drain the machine, and wait for the last rental's end.",
      unbonding: (when: string) => `From ${when} on.`,
    },
    needs: {
      owner: (address: string) => `Only the owner may do this: ${address}`,
      operator: (address: string) => `Only the operator may do this: ${address}`,
    },
    actAs: (name: string) => `Act as ${name}`,
    done: {
      price: "The price is set",
      online: "",
      offline: "The machine is offline",
      drain: "The machine drains",
      lift: "The drain is over",
      stake: "The stake is added",
      retire: "The machine is retired",
      withdraw: "The stake is withdrawn",
    },
  },
  zh: {
    can: "可进行的操作",
    nothing: "此机器已退役且质押已取回，没有可进行的操作。",
    means: {
      price: "仅影响之后的租用和续租；进行中的租用保持原价。",
      online: "开放机器供租用。这需要机器自身密钥的签名，而该密钥不会离开宿主机，因此请在宿主机上运行：",
      offline:
        "不再接受新的租用、确认和续租。进行中的租用保留，但离线期间没有收入；离线过久时租用方可以终止租用。试用中的租用将退款，手续费由您的质押支付。",
      drain: "租用和续租都不得超过您设定的时间。已有的租用不受影响：无需中断租用即可腾空机器。",
      lift: "租用时长恢复如前。",
      stake: "质押不足时，您收入的十分之一会补入质押；低于九成时，机器不接受新的租用。追加的质押在退役后一并退回。",
      retire: "机器永久退出市场。质押稍后退回；其 GPU 在冷却期后可重新登记。",
      withdraw: "将质押退回所有者。",
    },
    warns: {
      price: "",
      online: "",
      offline: "此机器上试用中的租用会立即退款，其手续费由您的质押支付。",
      drain: "",
      lift: "",
      stake: "质押用于支付违约金，以及因机器原因失败的试用手续费。",
      retire: "此操作无法撤销。退役后的机器必须重新登记，并由其密钥重新签名。",
      withdraw: "",
    },
    obstacles: {
      challenged: "机器正被质询，请先应答。",
      rented: "仍有卡位在租。请先排空机器，等待最后一个租用到期。",
      unbonding: (when) => `${when} 起可取回。`,
    },
    needs: {
      owner: (address) => `仅所有者可操作：${address}`,
      operator: (address) => `仅运维账户可操作：${address}`,
    },
    actAs: (name) => `切换到 ${name}`,
    done: {
      price: "价格已设置",
      online: "",
      offline: "机器已下线",
      drain: "机器开始排空",
      lift: "排空已结束",
      stake: "质押已增加",
      retire: "机器已退役",
      withdraw: "质押已取回",
    },
  },
});

/** FormProps are the props of an action's form. */
export interface FormProps {
  listing: Listing;
  machine: Machine;
  params: Params;
  /** disabled: something prevents the action. */
  disabled: boolean;
  /** act asks to sign a message, with rows that explain it. */
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

/**
 * Actions shows everything that a host can do with a machine now, each with an
 * explanation before it is signed.
 */
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
  const w = useMessages(words);
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
      title: w.actions[action],
      rows: [[w.col.machine, `${machine.id.slice(0, 8)}…${machine.id.slice(-4)}`], ...rows],
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
    <section className={css.action} aria-label={w.actions[action]}>
      <div className={css.words}>
        <h3>{w.actions[action]}</h3>
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
