import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ApiError } from "./api";
import { chainErrors } from "./codes";
import { ChainError, explainError } from "./errors";
import { refusals } from "./refusals";

const root = join(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

/** ofNodes are the codes of both nodes. */
const ofNodes = [...read("api/code.go").matchAll(/^\t\w+ +Code = "([A-Z]+(?:_[A-Z]+)*)"$/gm)].map(
  ([, code]) => code as string,
);

/** ofChain are the codes that our modules register. */
const ofChain = ["machine", "rental", "guard"].flatMap((module) =>
  [...read(`x/${module}/errors.go`).matchAll(/Register\(ModuleName, (\d+),/g)].map(([, code]) => `${module}/${code}`),
);

const sources = readdirSync(join(root, "web/src"), { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && !/^gen\/|\.test\.ts$/.test(file))
  .map((file) => join("web/src", file));

/** ofApp are the codes that this app defines itself. */
const ofApp = sources
  .flatMap((file) => [...read(file).matchAll(/new ApiError\(\s*"([A-Z_]+)"/g)])
  .map(([, code]) => code as string);

test("the codes are found where they are defined", () => {
  expect(ofNodes).toEqual(expect.arrayContaining(["PORT_TAKEN", "REPLAYED", "UNREACHABLE", "FAUCET_LIMIT", "TIMEOUT"]));
  expect(ofNodes).toEqual(expect.arrayContaining(["INDEX_INCOMPLETE", "CHAIN_ROUTE_REFUSED", "GATEWAY", "BAD_VALUE"]));
  expect(ofChain).toEqual(expect.arrayContaining(["rental/10", "machine/24", "guard/5"]));
  expect(ofApp).toEqual(expect.arrayContaining(["UNREACHABLE_NODE", "REPLY_FORGED", "CHAIN_RPC"]));
});

const ours = [...new Set([...ofNodes, ...ofChain, ...ofApp])].sort();

test("every code of nodes, chain and app has a text, and every text has a code", () => {
  const texts = Object.keys(refusals.en).filter((code) => !/^(sdk|bank|app)\//.test(code));
  expect(texts.sort()).toEqual(ours);
});

test("every error of the chain that has a text has a meaning, too", () => {
  const texts = Object.keys(refusals.en).filter((code) => /^(?!app)\w+\/\d+$/.test(code));
  expect(Object.keys(chainErrors).sort()).toEqual(texts.sort());
});

test("every error that the app defines has a text", () => {
  const told = ["ApiError", "ChainError", "Declined"]; // shown by their codes, or not at all
  const names = sources.flatMap((file) => [...read(file).matchAll(/override name = "(\w+)"/g)].map(([, name]) => name));
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !told.includes(name ?? "") && !(`app/${name}` in refusals.en))).toEqual([]);
});

/**
 * errorOf creates the error of a code as it reaches a page: with the node's or
 * the chain's message in English.
 */
function errorOf(code: string): Error {
  const [space = "", number] = code.split("/");
  if (space === "app") return Object.assign(new Error("said in English"), { name: number });
  return number ? new ChainError(space, Number(number), "said in English") : new ApiError(code, "said in English");
}

test.each(Object.keys(refusals.en))("%s in Chinese is Chinese, and keeps what was said apart", (code) => {
  const { what, remedy = "", said } = explainError(errorOf(code), "zh");
  expect(what).toMatch(/[一-鿿]/);
  expect(`${what}${remedy}`).not.toContain("said in English");
  expect(said).toBe("said in English");
});

test("in English the node's own words stand beside the code's", () => {
  const told = explainError(errorOf("PORT_TAKEN"), "en");
  expect(told).toMatchObject({ what: refusals.en.PORT_TAKEN, said: "said in English" });
});

test("a field is named in the reader's words, with its value and limit", () => {
  const refused = new ApiError("PORT_TAKEN", "ssh_port is taken", {
    field: "ssh_port",
    value: "22",
    limit: "5200-32767",
  });
  expect(explainError(refused, "zh").detail).toBe("SSH 端口：22；允许：5200-32767");
  expect(explainError(refused, "en").detail).toBe("SSH port: 22; allowed: 5200-32767");
});

test("a limit in words is English, and no detail of the Chinese page", () => {
  const refused = new ApiError("BAD_VALUE", "x", { field: "mem_rate", value: "2", limit: "a fraction from 0.01 to 1" });
  expect(explainError(refused, "zh").detail).toBe("内存比例：2");
});

test.each([
  [new ApiError("BRAND_NEW", "said in English"), "节点拒绝了此操作（BRAND_NEW）"],
  [new ChainError("gov", 3, "said in English"), "链拒绝了此操作（gov/3）"],
  [new TypeError("said in English"), "应用出错"],
])("%s, of which nothing is known, is told as such", (error, what) => {
  expect(explainError(error, "zh")).toMatchObject({ what, said: "said in English" });
});
