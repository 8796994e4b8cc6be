// Copies the sources of the pages to site/pages, in the site's layout, and makes
// pictures of their diagrams.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { draw } from "./diagrams.mjs";
import { copies, heading, read, root, routes } from "./pages.mjs";

const pages = join(root, "site/pages");
rmSync(pages, { recursive: true, force: true });

const write = (route, text) => {
  mkdirSync(dirname(join(pages, route)), { recursive: true });
  writeFileSync(join(pages, route), text);
};

cpSync(join(root, "site/public"), join(pages, "public"), { recursive: true });
cpSync(join(root, "docs/images"), join(pages, "images"), { recursive: true });
for (const [source, route] of routes) write(route, draw(read(source), source, route, write));
for (const [route, { source, whole }] of copies) {
  if (whole) write(route, read(source));
  else {
    const there = relative(dirname(route), routes.get(source));
    write(route, `---\nsearch: false\n---\n# ${heading(source)}\n\n本页只有英文版：[${heading(source)}](${there})。\n`);
  }
}
