// Takes from a built page what the policy of site.go forbids: inline scripts and styles.
const script = /<script id="check-(dark-mode|mac-os)">[\s\S]*?<\/script>/g;

/** finish returns a page whose scripts are files. */
export function finish(html) {
  let first = true;
  const done = html
    .replace(script, () => {
      const tag = first ? '<script src="/docs/colours.js"></script>' : "";
      first = false;
      return tag;
    })
    .replace(/ style="(--vp-vh:0px|position:relative);?"/g, "") // set by the theme's code, and by site.css
    .replace(/<(t[hd]) style="text-align:(left|right|center);?"/g, '<$1 class="to-$2"');
  for (const [tag] of done.matchAll(/<script\b[^>]*>/g)) if (!/ src="/.test(tag)) throw new Error(`an inline script is left: ${tag}`);
  return done;
}
