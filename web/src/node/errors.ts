import { ChainError } from "../chain/rpc";
import type { Locale } from "../i18n/locale";
import { define } from "../i18n/messages";
import { ApiError } from "./api";

interface Explained {
  what: string;
  remedy?: string;
}

/** Remedies by the code of a node's error, or by codespace/code of the chain's. */
const remedies = define({
  en: {
    UNREACHABLE_NODE:
      "Start the client node again (dbc node, or dbc devnet start), or check your network. This page goes on by itself.",
    UNREACHABLE:
      "The machine can't be reached now. Your rental and its money are safe on the chain; try again in a minute.",
    TIMEOUT: "Try again. If the machine stays silent through your trial, cancel: the rent comes back.",
    CHAIN_UNREACHABLE: "The client node has lost its dbcd. Start it, then try again.",
    INDEX_INCOMPLETE: "The list of machines is being read from the chain. Wait some seconds.",
    CLOCK_SKEW: "Set this computer's clock, then try again.",
    ORIGIN_REFUSED:
      "Open the app at the client node's own address, or list this one in http_cors_origins of core.conf.",
    HOST_REFUSED: "Open the app at the client node's own address, or list this name in http_hosts of core.conf.",
    NO_RENTAL: "This wallet has no open rental on this machine. Choose the account that rented it.",
    NO_SESSION: "The session ended or was revoked. Authorize this browser again.",
    SESSION_SCOPE: "This needs the wallet's own signature.",
    REPLY_FORGED: "Don't use what it says. Try again; if it happens again, use another client node.",
    FUNDS: "Add coins to this account, or choose a shorter time or fewer slots.",
    MOVED: "The price or the machine has changed since you looked. Look at the new quote, then decide again.",
    COOLDOWN: "Wait until the time named here, or rent another machine.",
    TRIALS: "Confirm or cancel one of your open trials first.",
    LATE: "The deadline has passed. Look at the rental's history for what happened to the money.",
    SLOTS: "Somebody was faster. Choose fewer slots or another machine.",
    UNKNOWN_ACCOUNT: "The chain does not know this account yet. Send coins to it first.",
  },
  zh: {
    UNREACHABLE_NODE: "请重新启动客户端节点（dbc node 或 dbc devnet start），或检查网络。恢复后本页会自动继续。",
    UNREACHABLE: "暂时无法连接该机器。您的租用和资金在链上是安全的，请稍后重试。",
    TIMEOUT: "请重试。若机器在试用期内一直没有响应，请取消租用：租金会退回。",
    CHAIN_UNREACHABLE: "客户端节点失去了与 dbcd 的连接。请启动它后重试。",
    INDEX_INCOMPLETE: "正在从链上读取机器列表，请等待几秒。",
    CLOCK_SKEW: "请校准本机时钟后重试。",
    ORIGIN_REFUSED: "请使用客户端节点自己的地址打开本应用，或在 core.conf 的 http_cors_origins 中加入此来源。",
    HOST_REFUSED: "请使用客户端节点自己的地址打开本应用，或在 core.conf 的 http_hosts 中加入此名称。",
    NO_RENTAL: "此钱包在该机器上没有进行中的租用。请切换到租用它的账户。",
    NO_SESSION: "会话已结束或被撤销。请重新授权本浏览器。",
    SESSION_SCOPE: "此操作需要钱包本身的签名。",
    REPLY_FORGED: "请勿采信其内容。请重试；若再次出现，请换用其他客户端节点。",
    FUNDS: "请为此账户充值，或缩短时长、减少卡位。",
    MOVED: "价格或机器信息已变化。请查看新的报价后再决定。",
    COOLDOWN: "请等到提示的时间，或租用其他机器。",
    TRIALS: "请先确认或取消一个试用中的租用。",
    LATE: "已过截止时间。资金去向请查看租用记录。",
    SLOTS: "已被他人抢先。请减少卡位或选择其他机器。",
    UNKNOWN_ACCOUNT: "链上还没有此账户。请先向它转入币。",
  },
});

type Remedy = keyof (typeof remedies)["en"];

const ofChain: Record<string, Remedy> = {
  "rental/6": "MOVED",
  "rental/7": "MOVED",
  "rental/8": "FUNDS",
  "rental/9": "TRIALS",
  "rental/10": "COOLDOWN",
  "rental/13": "LATE",
  "machine/24": "SLOTS",
  "sdk/5": "FUNDS",
  "sdk/9": "UNKNOWN_ACCOUNT",
};

function remedyFor(error: unknown): Remedy | undefined {
  if (error instanceof ChainError) return ofChain[`${error.codespace}/${error.code}`];
  if (error instanceof ApiError && error.code in remedies.en) return error.code as Remedy;
  return undefined;
}

/** explainError gives an error's sentence, and what to do where that is known. */
export function explainError(error: unknown, locale: Locale): Explained {
  const what = sentence(error);
  const remedy = remedyFor(error);
  return remedy ? { what, remedy: remedies[locale][remedy] } : { what };
}

function sentence(error: unknown): string {
  if (error instanceof ApiError) {
    const { field, value, limit } = error.details;
    const told = error.message;
    const more = [
      field && !told.includes(field) ? `${field}${value ? ` = ${value}` : ""}` : "",
      limit && !told.includes(limit) ? limit : "",
    ];
    return [told, ...more.filter(Boolean)].join(" · ");
  }
  if (error instanceof Error) return error.message;
  return String(error);
}
