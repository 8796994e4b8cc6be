import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const source = join(import.meta.dirname, "..");
const glossary = readFileSync(join(source, "../../docs/glossary.md"), "utf8");

/** cells of the glossary's rows: English, meaning, not, 中文, 不用. */
const rows = glossary
  .split("\n")
  .filter((line) => line.startsWith("| **"))
  .map((line) => line.split("|").slice(1, -1));

/**
 * wanted are the words that pages use. One of them may contain a word that
 * another row excludes: 宿主机 contains 主机.
 */
const wanted = rows
  .flatMap(([, , , zh = ""]) => [...zh.matchAll(/\*\*(.+?)\*\*/g)].map(([, word]) => word ?? ""))
  .flatMap((words) => words.split("／"));

/**
 * elsewhere are words that a row excludes for its own thing, but that are right
 * for another one.
 */
const elsewhere = ["登录"];

/**
 * barred are the words that pages do not use, without those whose column says
 * where they are allowed.
 */
const barred = rows
  .flatMap(([, , , , not = ""]) => not.split("、"))
  .map((word) => word.trim())
  .filter((word) => word !== "" && !word.includes("（") && !elsewhere.includes(word));

const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
  (file) => /\.tsx?$/.test(file) && !/^gen\/|\.test\.ts$/.test(file),
);

test("the glossary is read", () => {
  expect(barred).toContain("主机");
  expect(wanted).toContain("出租方");
  expect(wanted).toContain("桌面");
});

test("pages use the glossary's words", () => {
  const found = files.flatMap((file) =>
    readFileSync(join(source, file), "utf8")
      .split("\n")
      .flatMap((line) => {
        const rest = wanted.reduce((text, word) => text.replaceAll(word, "·"), line);
        return barred.filter((word) => rest.includes(word)).map((word) => `${file}: ${word}: ${line.trim()}`);
      }),
  );
  expect(found).toEqual([]);
});
