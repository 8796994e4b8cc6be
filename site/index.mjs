// Makes the search indexes of the built pages, one per language, and checks the
// pages: every link leads to a page and an anchor that exist, and nothing comes
// from another host.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import MiniSearch from "minisearch";
import { options } from "./search.mjs";

const dist = join(dirname(fileURLToPath(import.meta.url)), "dist");
const base = "/docs";

// Code for a change of page within the browser, which does not happen here.
for (const name of readdirSync(join(dist, "assets"))) if (/\.md\.[\w-]+\.js$/.test(name)) rmSync(join(dist, "assets", name));
rmSync(join(dist, "hashmap.json"), { force: true });

const files = readdirSync(dist, { recursive: true }).sort();
const pages = new Map(files.filter((name) => name.endsWith(".html")).map((name) => [name, readFileSync(join(dist, name), "utf8")]));

const entities = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&ZeroWidthSpace;": "", "&#8203;": "" };
const plain = (html) =>
  html
    .replace(/<(button|a class="header-anchor"|span class="lang")[\s\S]*?<\/(button|a|span)>/g, " ")
    .replace(/<[^>]+>/g, " ")
    .replace(/&#?\w+;/g, (entity) => entities[entity] ?? " ")
    .replace(/[\s\u200b]+/g, " ")
    .trim();
const address = (name) => `/${name.replace(/(^|\/)index\.html$/, "$1").replace(/\.html$/, "")}`;

/** sections returns what a page's headings divide it into. */
function sections(name, html) {
  const body = /<main[\s\S]*?<\/main>/.exec(html)?.[0] ?? "";
  const marks = [...body.matchAll(/<h([1-6]) id="([^"]*)"[^>]*>([\s\S]*?)<\/h\1>/g)];
  const page = marks[0] ? plain(marks[0][3]) : name;
  return marks.map((mark, i) => ({
    id: address(name) + (i ? `#${mark[2]}` : ""),
    title: plain(mark[3]),
    page,
    text: plain(body.slice(mark.index + mark[0].length, marks[i + 1]?.index)),
  }));
}

mkdirSync(join(dist, "search"), { recursive: true });
for (const lang of ["en", "zh"]) {
  const index = new MiniSearch(options);
  for (const [name, html] of pages) {
    if (name === "404.html" || name.startsWith("zh/") !== (lang === "zh")) continue;
    if (lang === "zh" && html.includes("本页只有英文版")) continue;
    index.addAll(sections(name, html));
  }
  writeFileSync(join(dist, `search/${lang}.js`), `export default ${JSON.stringify(JSON.stringify(index))};\n`);
}

/** problem returns what is wrong with an address of a page, if anything. */
function problem(name, tag, value) {
  const url = new URL(value.replaceAll("&amp;", "&"), `http://here${base}${address(name)}`);
  if (url.host !== "here" || url.protocol !== "http:") return tag === "a" ? undefined : "is of another host";
  if (url.pathname === "/") return undefined; // the web app
  if (!url.pathname.startsWith(`${base}/`)) return "leads out of the documentation";
  const path = decodeURI(url.pathname.slice(base.length + 1));
  const file = [path, `${path}.html`, join(path, "index.html")].find((at) => existsSync(join(dist, at)) && statSync(join(dist, at)).isFile());
  if (!file) return "does not exist";
  const anchor = decodeURIComponent(url.hash.slice(1));
  if (anchor && pages.has(file) && !pages.get(file).includes(` id="${anchor}"`)) return `has no section ${anchor}`;
  return undefined;
}

let wrong = 0;
for (const [name, html] of pages) {
  for (const [, tag, , value] of html.matchAll(/<(\w+)\b[^>]*? (href|src)="([^"]*)"/g)) {
    const what = problem(name, tag, value);
    if (what) {
      console.error(`site: ${name}: ${value} ${what}`);
      wrong += 1;
    }
  }
  if (/<[a-z][^>]* style="/i.test(html)) {
    console.error(`site: ${name} has inline styles, which its policy forbids: ${/<[a-z][^>]* style="[^"]*"/i.exec(html)[0]}`);
    wrong += 1;
  }
}
process.exit(wrong ? 1 : 0);
