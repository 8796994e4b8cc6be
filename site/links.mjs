// Leads the links of a page to where their targets are on the site. A link to a
// file that is only in the repository becomes its text, with the path as a hint:
// the site is read without a network.
import { existsSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { root, routes, sources, twin } from "./pages.mjs";

const outside = /^([a-z]+:|\/\/|#)/i;

/** target returns the source that a link of a page leads to, with its anchor. */
function target(source, href) {
  const [path, anchor = ""] = decodeURI(href).split("#");
  let to = normalize(join(dirname(source), path)).replace(/\/$/, "");
  if (!routes.has(to) && routes.has(join(to, "README.md"))) to = join(to, "README.md");
  if (!existsSync(join(root, to))) throw new Error(`${source} links to ${href}, which does not exist`);
  return [to, anchor && `#${anchor}`];
}

/** place returns the way from a page to another file of the site. */
export const place = (route, to) => {
  const path = relative(dirname(route), to);
  return path.startsWith(".") ? path : `./${path}`;
};

/** follow is a plugin of markdown-it. */
export function follow(md) {
  md.core.ruler.push("dbc_links", (state) => {
    const route = state.env.relativePath;
    const source = sources.get(route);
    if (!source) return;
    for (const block of state.tokens) {
      const open = [];
      for (const token of block.children ?? []) {
        if (token.type === "image") picture(token, route, source);
        else if (token.type === "link_open") open.push(anchor(token, route, source));
        else if (token.type === "link_close") token.tag = open.pop();
      }
    }
  });
}

/** anchor changes a link, and returns its tag. */
function anchor(token, route, source) {
  const href = token.attrGet("href");
  if (outside.test(href)) return token.tag;
  const [to, hash] = target(source, href);
  // A Chinese page leads to a Chinese one where there is one.
  const chinese = route.startsWith("zh/") && !source.endsWith(".zh.md") ? routes.get(twin(to)) : undefined;
  const at = chinese ?? routes.get(to);
  if (at) token.attrSet("href", place(route, at) + hash);
  else {
    token.tag = "span";
    token.attrs = [["class", "source"], ["title", to]];
  }
  return token.tag;
}

function picture(token, route, source) {
  const src = token.attrGet("src");
  if (outside.test(src)) throw new Error(`${source} shows a picture of another host: ${src}`);
  token.attrSet("src", place(route, target(source, src)[0].replace(/^docs\//, "")));
}
