import { formatOf } from "../i18n/format";
import type { Locale } from "../i18n/locale";
import { define } from "../i18n/messages";
import { formatDbc } from "../money/udbc";
import { ApiError } from "./api";
import { chainErrors } from "./codes";
import { type Details, splitDetails, told } from "./details";
import { plain, plainText } from "./plain";
import { isCode, refusals } from "./refusals";
import { remedies, remedyOf } from "./remedies";

/**
 * ChainError is a refusal by the chain: of a query, of a transaction's check,
 * or of its execution.
 */
export class ChainError extends Error {
  override name = "ChainError";

  /** params are the values that the chain says of this error. */
  readonly params: Details;

  constructor(
    readonly codespace: string,
    readonly code: number,
    log: string,
  ) {
    const { said, values } = splitDetails(log);
    super(plainText(said));
    this.params = plain(told(codespace, code, values));
  }
}

/** Retry says when the same message can succeed. */
export type Retry = { retry: "never" | "later" } | { retry: "at"; at: Date };

/** retryOf returns when a message that the chain refused can succeed. */
export function retryOf(error: ChainError): Retry {
  const at = new Date(error.params.retry_at ?? Number.NaN);
  if (!Number.isNaN(at.getTime())) return { retry: "at", at };
  return { retry: chainErrors[`${error.codespace}/${error.code}`]?.retry ?? "never" };
}

/**
 * Declined means that the user closed the dialog that asked for a signature. It
 * is not shown as an error.
 */
export class Declined extends Error {
  override name = "Declined";
}

export interface Explained {
  /** what went wrong, in the reader's language. */
  what: string;
  /** detail is the field that was refused, with its value and limit. */
  detail?: string;
  remedy?: string;
  /**
   * said is the message of the node, the chain or the browser, which is
   * English.
   */
  said?: string;
}

const messages = define({
  en: {
    node: (code: string) => `The node refused this (${code})`,
    chain: (code: string) => `The chain refused this (${code})`,
    app: "The app failed",
    value: (field: string, value: string) => (value ? `${field}: ${value}` : field),
    limit: (limit: string) => `allowed: ${limit}`,
    from: (time: string) => `Possible from: ${time}`,
    missing: (amount: string) => `Missing: ${amount}`,
    and: "; ",
    fields: {
      ssh_port: "SSH port",
      ssh_sources: "SSH only from",
      new_ssh_sources: "SSH only from",
      custom_port: "More ports",
      image_name: "Image",
      gpu_count: "GPUs",
      cpu_cores: "CPU cores",
      mem_rate: "Part of the memory",
      disk_size: "Extra disk",
      size: "Size",
      ssh_public_keys: "SSH public keys",
      desc: "Note",
      password: "Password",
      address: "Address",
    },
  },
  zh: {
    node: (code) => `节点拒绝了此操作（${code}）`,
    chain: (code) => `链拒绝了此操作（${code}）`,
    app: "应用出错",
    value: (field, value) => (value ? `${field}：${value}` : field),
    limit: (limit) => `允许：${limit}`,
    from: (time) => `可重试时间：${time}`,
    missing: (amount) => `还差：${amount}`,
    and: "；",
    fields: {
      ssh_port: "SSH 端口",
      ssh_sources: "仅允许从以下地址登录 SSH",
      new_ssh_sources: "仅允许从以下地址登录 SSH",
      custom_port: "更多端口",
      image_name: "镜像",
      gpu_count: "GPU 数量",
      cpu_cores: "CPU 核数",
      mem_rate: "内存比例",
      disk_size: "数据盘",
      size: "大小",
      ssh_public_keys: "SSH 公钥",
      desc: "备注",
      password: "密码",
      address: "地址",
    },
  },
});

/**
 * codeOf returns an error's code: a node's, the chain's as codespace/code, or
 * the app's as app/name.
 */
export function codeOf(error: unknown): string {
  if (error instanceof ApiError) return error.code;
  if (error instanceof ChainError) return `${error.codespace}/${error.code}`;
  return error instanceof Error ? `app/${error.name}` : "";
}

/**
 * isOutage reports whether an error says that something is unreachable: it
 * passes by itself, and other queries fail alike.
 */
export function isOutage(error: unknown): boolean {
  return ["UNREACHABLE_NODE", "CHAIN_UNREACHABLE", "UNREACHABLE", "TIMEOUT", "VMS_AWAY"].includes(codeOf(error));
}

/**
 * isMissing reports whether the chain says that it does not have what was
 * requested.
 */
export function isMissing(error: unknown): boolean {
  return ["sdk/22", "sdk/38", "rental/2", "machine/2"].includes(codeOf(error));
}

/** explainError explains an error in a language, with a remedy if one is known. */
export function explainError(error: unknown, locale: Locale): Explained {
  const m = messages[locale];
  const code = codeOf(error);
  const remedy = remedyOf(code);
  const said = error instanceof Error ? error.message : String(error);
  const unknown = error instanceof ChainError ? m.chain(code) : error instanceof ApiError ? m.node(code) : m.app;
  const what = isCode(code) ? refusals[locale][code] : unknown;
  const detail =
    error instanceof ApiError ? detailOf(error, locale) : error instanceof ChainError ? toldBy(error, locale) : "";
  return {
    what,
    ...(detail && { detail }),
    ...(remedy && { remedy: remedies[locale][remedy] }),
    ...(said && { said }),
  };
}

/** toldBy returns from when the chain accepts a message, and what the account lacks. */
function toldBy(error: ChainError, locale: Locale): string {
  const m = messages[locale];
  const retry = retryOf(error);
  const { missing = "" } = error.params;
  return [
    retry.retry === "at" && m.from(formatOf(locale).exactTime(retry.at)),
    /^[1-9]\d*$/.test(missing) && m.missing(formatDbc(BigInt(missing))),
  ]
    .filter(Boolean)
    .join(m.and);
}

/**
 * detailOf returns the field that was refused. A limit in words is the node's
 * English, which said has.
 */
function detailOf({ details: { field = "", value = "", limit = "" } }: ApiError, locale: Locale): string {
  const m = messages[locale];
  const names: Record<string, string> = m.fields;
  const name = Object.hasOwn(names, field) ? names[field] : "";
  if (!name) return "";
  const inWords = /[a-z]{2}/i.test(limit);
  return [m.value(name, value), limit && !inWords && m.limit(limit)].filter(Boolean).join(m.and);
}
