import { define } from "../i18n/messages";

/** words are the texts that several parts of these pages show. */
export const words = define({
  en: {
    state: "Chain state",
    rental: "Rental",
    rent: "Rent, into escrow",
    end: "Ends",
    deadline: "Confirm before",
    submit: "Submit the transaction",
    machine: "Machine",
    jsonBad: (why: string) => `Not yet a message: ${why}`,
  },
  zh: {
    state: "链状态",
    rental: "租用",
    rent: "租金（进入托管）",
    end: "到期时间",
    deadline: "确认截止",
    submit: "提交交易",
    machine: "机器",
    jsonBad: (why) => `还不是有效的消息：${why}`,
  },
});
