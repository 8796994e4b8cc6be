// Draws a page's Mermaid diagrams when the site is built: GitHub draws them in
// the browser, with code that the site would have to carry.
import { renderMermaidSVG } from "beautiful-mermaid";
import { place } from "./links.mjs";

const block = /^```mermaid\n([\s\S]*?)^```$/gm;

// Both colour schemes show the same picture, on a ground of its own.
const look = { bg: "#ffffff", fg: "#27272a", accent: "#3451b2", font: "sans-serif" };

/** draw replaces diagrams by pictures, which write stores beside the page. */
export function draw(text, source, route, write) {
  let count = 0;
  return text.replace(block, (_, diagram) => {
    count += 1;
    const file = `diagrams/${route.replace(/\.md$/, "").replaceAll("/", "-")}-${count}.svg`;
    // From top to bottom it fits a page's column.
    const svg = renderMermaidSVG(diagram.replace(/^flowchart LR$/m, "flowchart TD"), look).replace(/^\s*@import .*$/m, "");
    if (/https?:\/\/(?!www\.w3\.org\/)/.test(svg)) throw new Error(`${source}: diagram ${count} refers to another host`);
    write(file, svg);
    return `<p class="diagram" tabindex="0"><img src="${place(route, file)}" alt=""></p>`;
  });
}
