import { Cause, Reason } from "../gen/dbc/rental/v1/rental_pb";
import { define } from "../i18n/messages";

/** words name what a rental can be, and why. */
export const words = define({
  en: {
    states: {
      trial: "Trial",
      active: "Confirmed",
      refunded: "Refunded",
      ended: "Ended",
      broken: "Ended early",
      none: "Unknown",
    },
    causes: {
      [Cause.CHANGED_MIND]: "Changed my mind",
      [Cause.NOT_READY]: "The virtual machine was not ready",
      [Cause.UNREACHABLE]: "The machine was not reachable",
      [Cause.MISMATCH]: "The machine was not as listed",
      [Cause.UNSPECIFIED]: "",
    } as Record<Cause, string>,
    parts: {
      renter: "Rent that came back",
      feeBack: "Fee that came back",
      penalty: "Penalty from the host's stake",
      held: "Penalty, held until a stake would be free",
    },
    reasons: {
      [Reason.UNSPECIFIED]: "Nothing happened",
      [Reason.RENTED]: "The renter rented the machine",
      [Reason.CONFIRMED]: "The renter confirmed in time",
      [Reason.CANCELLED]: "The renter cancelled the trial",
      [Reason.NOT_CONFIRMED]: "The trial was not confirmed before its deadline",
      [Reason.MACHINE_OFFLINE]: "The machine went offline during the trial",
      [Reason.CHALLENGE_UNANSWERED]: "The machine did not answer a challenge during the trial",
      [Reason.RENEWED]: "The renter renewed",
      [Reason.END_REACHED]: "The rented time was over",
      [Reason.BROKEN_BY_OWNER]: "The machine's owner ended the rental early",
      [Reason.BROKEN_BY_GOVERNANCE]: "Governance ended the rental early",
      [Reason.BROKEN_BY_RENTER]: "The renter ended the rental after too long an outage",
      [Reason.CHALLENGE_OPEN]: "The trial was over while a challenge was open, which decides about the fee",
      [Reason.CANCELLED_FOR_CAUSE]: "The renter cancelled the trial for a fault of the machine",
    } as Record<Reason, string>,
  },
  zh: {
    states: {
      trial: "试用中",
      active: "已确认",
      refunded: "已退款",
      ended: "已到期",
      broken: "提前终止",
      none: "未知",
    },
    causes: {
      [Cause.CHANGED_MIND]: "改变了主意",
      [Cause.NOT_READY]: "虚拟机没有就绪",
      [Cause.UNREACHABLE]: "机器无法连接",
      [Cause.MISMATCH]: "机器与列表不符",
      [Cause.UNSPECIFIED]: "",
    },
    parts: {
      renter: "退回的租金",
      feeBack: "退回的手续费",
      penalty: "出租方质押支付的违约金",
      held: "违约金，托管至质押解绑期满后支付",
    },
    reasons: {
      [Reason.UNSPECIFIED]: "没有变化",
      [Reason.RENTED]: "租用方租下了机器",
      [Reason.CONFIRMED]: "租用方按时确认",
      [Reason.CANCELLED]: "租用方取消了试用",
      [Reason.NOT_CONFIRMED]: "到截止时间仍未确认试用",
      [Reason.MACHINE_OFFLINE]: "试用期间机器下线",
      [Reason.CHALLENGE_UNANSWERED]: "试用期间机器未应答质询",
      [Reason.RENEWED]: "租用方续租",
      [Reason.END_REACHED]: "租用时间已到",
      [Reason.BROKEN_BY_OWNER]: "机器所有者提前终止了租用",
      [Reason.BROKEN_BY_GOVERNANCE]: "治理提前终止了租用",
      [Reason.BROKEN_BY_RENTER]: "离线过久，租用方终止了租用",
      [Reason.CHALLENGE_OPEN]: "试用结束时质询尚未了结，手续费的归属随质询而定",
      [Reason.CANCELLED_FOR_CAUSE]: "租用方因机器的问题取消了试用",
    },
  },
});
