import { defineConfig } from "vitepress";
import { follow } from "../links.mjs";
import { finish } from "../finish.mjs";
import { copies, heading, link, nav, routes, twin } from "../pages.mjs";

/** sidebar returns the navigation in one language. */
const sidebar = (lang) =>
  nav.map((group) => ({
    text: group[lang],
    items: group.pages.map((source) => {
      const chinese = lang === "zh" && (routes.get(twin(source)) ?? (copies.get(`zh/${routes.get(source)}`)?.whole && `zh/${routes.get(source)}`));
      if (lang === "en" || chinese) return { text: heading(chinese && routes.has(twin(source)) ? twin(source) : source), link: link(chinese || routes.get(source)) };
      return { text: `${heading(source)}（英文）`, link: link(routes.get(source)) };
    }),
  }));

/** slug is GitHub's, so that anchors are the same in both places. */
const slug = (text) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");

const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** code shows a block without colours, which would need inline styles; only commands stand out. */
function code(text, language) {
  const lines = escape(text.replace(/\n$/, "")).split("\n");
  const shown = language === "console" ? lines.map((line) => (/^(\$|&gt;) /.test(line) ? `<b>${line}</b>` : line)) : lines;
  return `<pre v-pre><code>${shown.join("\n")}</code></pre>`;
}

export default defineConfig({
  base: "/docs/",
  title: "DBC",
  srcDir: "pages",
  outDir: "dist",
  cleanUrls: true,
  lastUpdated: false,
  metaChunk: true,
  // Each page is loaded whole (theme/index.mjs).
  router: { prefetchLinks: false },
  // The pages have no storage (docs/security.md), so no choice to remember.
  appearance: "force-auto",
  locales: {
    root: {
      label: "English",
      lang: "en",
      themeConfig: { sidebar: sidebar("en"), nav: [{ text: "Web app", link: "/../", target: "_self" }] },
    },
    zh: {
      label: "简体中文",
      lang: "zh-CN",
      themeConfig: {
        sidebar: sidebar("zh"),
        nav: [{ text: "网页应用", link: "/../", target: "_self" }],
        outline: { label: "本页内容", level: [2, 3] },
        docFooter: { prev: "上一页", next: "下一页" },
        langMenuLabel: "语言",
        returnToTopLabel: "回到顶部",
        sidebarMenuLabel: "菜单",
        skipToContentLabel: "跳到正文",
        notFound: { title: "没有此页", quote: "请从目录中选择。", linkText: "回到首页", linkLabel: "回到首页" },
      },
    },
  },
  themeConfig: {
    outline: { level: [2, 3] },
    externalLinkIcon: true,
    notFound: { quote: "Choose a page from the menu." },
  },
  markdown: {
    highlight: code,
    anchor: { slugify: slug },
    externalLinks: { rel: "noreferrer" },
    attrs: { disable: true },
    config: (md) => md.use(follow),
  },
  vite: {
    logLevel: "warn",
    build: { assetsInlineLimit: 0, emptyOutDir: false },
    resolve: {
      alias: [{ find: /^.*\/VPNavBarSearch\.vue$/, replacement: new URL("theme/Search.vue", import.meta.url).pathname }],
    },
  },
  transformHtml: (html) => finish(html),
});
