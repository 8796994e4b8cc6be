// Maps the repository's pages to those of the site. The sources stay where they
// are and as GitHub shows them: docs/X.md becomes X, docs/X.zh.md becomes zh/X.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Both contain both languages, and are shown under each. */
const both = ["docs/glossary.md"];

/** nav is the navigation: groups with their pages, as paths of the English sources. */
export const nav = JSON.parse(readFileSync(new URL("nav.json", import.meta.url), "utf8")).map((group) => ({
  ...group,
  pages: [...new Set(group.pages.flatMap(expand))],
}));

function expand(pattern) {
  if (!pattern.endsWith("/*.md")) return [pattern];
  const folder = dirname(pattern);
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md") && !name.endsWith(".zh.md"))
    .sort()
    .map((name) => join(folder, name));
}

export const twin = (source) => source.replace(/\.md$/, ".zh.md");
export const read = (source) => readFileSync(join(root, source), "utf8");
/** heading returns a page's title as plain text. */
export const heading = (source) => (/^# (.*)$/m.exec(read(source))?.[1] ?? source).replace(/[`*]/g, "");

/** routeOf returns where a source is on the site. */
function routeOf(source) {
  const chinese = source.endsWith(".zh.md");
  let path = source.replace(/(\.zh)?\.md$/, "");
  if (path.startsWith("docs/")) path = path.slice("docs/".length);
  else if (basename(path) === "README") path = `modules/${basename(dirname(path))}`;
  path = path.replace(/(^|\/)README$/, "$1index").toLowerCase();
  return `${chinese ? "zh/" : ""}${path}.md`;
}

/** routes has the site's path of every source. */
export const routes = new Map();
/** copies are the Chinese paths of pages that contain both languages, or that are only in English. */
export const copies = new Map();
for (const source of nav.flatMap((group) => group.pages)) {
  routes.set(source, routeOf(source));
  if (existsSync(join(root, twin(source)))) routes.set(twin(source), routeOf(twin(source)));
  else copies.set(`zh/${routeOf(source)}`, { source, whole: both.includes(source) });
}

/** sources has the source of every path of the site. */
export const sources = new Map([...routes].map(([source, route]) => [route, source]));
for (const [route, { source, whole }] of copies) if (whole) sources.set(route, source);

/** link returns the address of a path of the site. */
export const link = (route) => `/${route.replace(/(^|\/)index\.md$/, "$1").replace(/\.md$/, "")}`;
