/** News that one tab of the app tells the others of this browser. */
type News = "wallet" | "lock" | "sessions";

const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("dbc-tabs");
const listeners = new Map<News, () => void>();

channel?.addEventListener("message", ({ data }) => listeners.get(data as News)?.());

/** tellTabs tells the other tabs. */
export function tellTabs(news: News): void {
  channel?.postMessage(news);
}

/** onTabs says what to do when another tab tells. */
export function onTabs(news: News, act: () => void): void {
  listeners.set(news, act);
}
