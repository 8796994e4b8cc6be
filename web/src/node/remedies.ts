import { define } from "../i18n/messages";

/**
 * Remedies by the code of a node's error, or by what several codes of the chain
 * have in common.
 */
export const remedies = define({
  en: {
    UNREACHABLE_NODE:
      "Start the client node again (dbc node, or dbc devnet start), or check your network. This page goes on by itself.",
    ANOTHER_NODE:
      "Its host has moved it without changing the listing, or somebody else has the address now. In your trial, cancel as unreachable: the rent comes back.",
    UNREACHABLE: "Your rental and its money are safe on the chain; try again in a minute.",
    TIMEOUT: "Try again. If the machine stays silent through your trial, cancel: the rent comes back.",
    CHAIN_UNREACHABLE:
      "The app itself and your client node run. Start the chain node (dbcd) that it uses, or wait until it is back.",
    INDEX_INCOMPLETE: "Wait some seconds.",
    CLOCK_SKEW: "Set this computer's clock, then try again.",
    ORIGIN_REFUSED:
      "Open the app at the client node's own address, or list this one in http_cors_origins of core.conf.",
    HOST_REFUSED: "Open the app at the client node's own address, or list this name in http_hosts of core.conf.",
    NO_RENTAL: "Choose the account that rented it.",
    NO_SESSION: "Authorize this browser again.",
    SESSION_SCOPE: "This needs the wallet's own signature.",
    REPLY_FORGED: "Don't use what it says. Try again; if it happens again, use another client node.",
    MACHINE_ANSWER:
      "The machine signed it, so its node is faulty or lies. Don't rely on what it says. In your trial, cancel: the rent comes back.",
    FUNDS: "Add coins to this account, or choose a shorter time or fewer slots.",
    MOVED: "Look at the new quote, then decide again.",
    COOLDOWN: "Wait a day from that refund on, or rent another machine.",
    TRIALS: "Confirm or cancel one of your open trials first.",
    LATE: "Look at the rental's history for what happened to the money.",
    SLOTS: "Somebody was faster. Choose fewer slots or another machine.",
    UNKNOWN_ACCOUNT: "Send coins to it first.",
    PORT_TAKEN: "Choose another port, or leave the one that is picked for you.",
    DISK_FULL: "Choose a smaller disk, or delete one that is no longer needed.",
    SHARE_EXCEEDED: "Choose less, or delete a virtual machine of this rental first.",
    CARD_UNAVAILABLE: "Ask for fewer GPUs, or cancel the rental: the host has to look at the card.",
    STILL_CLEARING: "Try again in a minute.",
    TOO_MANY_REQUESTS: "Wait a few seconds, then try again.",
    TOO_MANY_OPEN: "Close other consoles, desktops or tabs, then try again.",
    BUSY: "Wait until it is done, then try again.",
    VMS_AWAY: "Try again in a minute.",
    CHAIN_BEHIND: "Try again in a minute.",
    NO_AGENT: "Wait until the guest has started. Not every image has an agent.",
    BAD_TOKEN: "Connect again.",
    IMAGE_NOT_FOUND: "Choose another image of this machine.",
    TICKET_EXPIRED: "Authorize this browser again.",
    "app/MissingPart":
      "Check that the client node runs and that the network is there. The page loads again when it is back.",
    NOT_RENTABLE: "Reload the page to see why, or choose another machine.",
    ACCOUNT: "Choose the account that it belongs to.",
    PAUSED: "Rentals that have begun go on, and can be confirmed and renewed. Try again later.",
    CHAIN_FULL: "Try again in a minute. Nothing was sent.",
  },
  zh: {
    UNREACHABLE_NODE: "请重新启动客户端节点（dbc node 或 dbc devnet start），或检查网络。恢复后本页会自动继续。",
    ANOTHER_NODE:
      "出租方可能迁移了机器而没有更新挂牌信息，或该地址已属于他人。试用期内请以“机器无法连接”为由取消租用：租金会退回。",
    UNREACHABLE: "您的租用和资金在链上是安全的，请稍后重试。",
    TIMEOUT: "请重试。若机器在试用期内一直没有响应，请取消租用：租金会退回。",
    CHAIN_UNREACHABLE: "本应用和您的客户端节点正常。请启动它所用的链节点（dbcd），或等待其恢复。",
    INDEX_INCOMPLETE: "请等待几秒。",
    CLOCK_SKEW: "请校准本机时钟后重试。",
    ORIGIN_REFUSED: "请使用客户端节点自己的地址打开本应用，或在 core.conf 的 http_cors_origins 中加入此来源。",
    HOST_REFUSED: "请使用客户端节点自己的地址打开本应用，或在 core.conf 的 http_hosts 中加入此名称。",
    NO_RENTAL: "请切换到租用它的账户。",
    NO_SESSION: "请重新授权本浏览器。",
    SESSION_SCOPE: "此操作需要钱包本身的签名。",
    REPLY_FORGED: "请勿采信其内容。请重试；若再次出现，请换用其他客户端节点。",
    MACHINE_ANSWER: "该内容由机器签名，说明其节点有故障或在欺骗。请勿采信。试用期内请取消租用：租金会退回。",
    FUNDS: "请为此账户充值，或缩短时长、减少卡位。",
    MOVED: "请查看新的报价后再决定。",
    COOLDOWN: "请在上次退款一天之后再试，或租用其他机器。",
    TRIALS: "请先确认或取消一个试用中的租用。",
    LATE: "资金去向请查看租用记录。",
    SLOTS: "已被他人抢先。请减少卡位或选择其他机器。",
    UNKNOWN_ACCOUNT: "请先向它转入币。",
    PORT_TAKEN: "请换一个端口，或使用自动选择的端口。",
    DISK_FULL: "请减小磁盘，或删除不再需要的磁盘。",
    SHARE_EXCEEDED: "请减少数量，或先删除此租用中的其他虚拟机。",
    CARD_UNAVAILABLE: "请减少 GPU 数量，或取消租用：出租方需要检查这块显卡。",
    STILL_CLEARING: "请一分钟后重试。",
    CHAIN_BEHIND: "请一分钟后重试。",
    TOO_MANY_REQUESTS: "请等几秒再试。",
    TOO_MANY_OPEN: "请关闭其他控制台、桌面或标签页后重试。",
    BUSY: "请等它完成后重试。",
    VMS_AWAY: "请一分钟后重试。",
    NO_AGENT: "请等客户机系统启动完成。并非每个镜像都带有代理程序。",
    BAD_TOKEN: "请重新连接。",
    IMAGE_NOT_FOUND: "请选择该机器的其他镜像。",
    TICKET_EXPIRED: "请重新授权本浏览器。",
    "app/MissingPart": "请确认客户端节点正在运行、网络可用。恢复后页面会重新加载。",
    NOT_RENTABLE: "请刷新页面查看原因，或选择其他机器。",
    ACCOUNT: "请切换到它所属的账户。",
    PAUSED: "已开始的租用不受影响，仍可确认和续租。请稍后再试。",
    CHAIN_FULL: "请一分钟后重试。没有发送任何内容。",
  },
});

export type Remedy = keyof (typeof remedies)["en"];

const ofChain: Record<string, Remedy> = {
  "guard/5": "PAUSED",
  "guard/8": "CHAIN_FULL",
  "rental/5": "NOT_RENTABLE",
  "rental/6": "MOVED",
  "rental/7": "MOVED",
  "rental/8": "FUNDS",
  "rental/9": "TRIALS",
  "rental/10": "COOLDOWN",
  "rental/11": "ACCOUNT",
  "rental/13": "LATE",
  "machine/3": "ACCOUNT",
  "machine/24": "SLOTS",
  "sdk/4": "ACCOUNT",
  "sdk/5": "FUNDS",
  "sdk/9": "UNKNOWN_ACCOUNT",
  "sdk/20": "CHAIN_FULL",
};

/** remedyOf returns what to do about a code, or undefined if that is not known. */
export function remedyOf(code: string): Remedy | undefined {
  if (Object.hasOwn(ofChain, code)) return ofChain[code];
  return Object.hasOwn(remedies.en, code) ? (code as Remedy) : undefined;
}
