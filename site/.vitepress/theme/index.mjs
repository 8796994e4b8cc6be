import DefaultTheme from "vitepress/theme-without-fonts";
import "./site.css";

export default {
  extends: DefaultTheme,
  enhanceApp({ router }) {
    if (import.meta.env.SSR) return;
    // A page without an origin may not change its address (docs/security.md), so
    // that each page is loaded.
    router.onBeforeRouteChange = (href) => {
      const to = new URL(href, location.href);
      if (to.pathname === location.pathname) return true;
      location.assign(to);
      return false;
    };
  },
};
