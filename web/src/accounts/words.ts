import { define } from "../i18n/messages";

/** words are the texts that several parts of these pages show. */
export const words = define({
  en: {
    create: "Create a wallet",
    import: "Import",
    addAccount: "Add an account",
    balance: "Balance",
    rename: "Rename",
    export: "Show words or key",
    remove: "Remove",
    derive: "Next account of the same words",
    name: "Name",
    nameHint: "Only you see it.",
    password: "Password",
    wrong: "Wrong password. It is checked in this browser; nobody can reset it.",
    created: (name: string) => `${name} is ready`,
    importHint: "12 or 24 English words, or 64 hex digits.",
  },
  zh: {
    create: "创建钱包",
    import: "导入",
    addAccount: "添加账户",
    balance: "余额",
    rename: "重命名",
    export: "显示助记词或私钥",
    remove: "移除",
    derive: "同一助记词的下一个账户",
    name: "名称",
    nameHint: "仅您可见。",
    password: "密码",
    wrong: "密码错误。密码只在本浏览器内校验，无人可以重置。",
    created: (name) => `${name} 已就绪`,
    importHint: "12 或 24 个英文单词，或 64 位十六进制数字。",
  },
});
