/** Messages between the tabs of the app in this browser. */
type News = "wallet" | "lock" | "sessions";

const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("dbc-tabs");
const listeners = new Map<News, () => void>();

channel?.addEventListener("message", ({ data }) => listeners.get(data as News)?.());

/** tellTabs sends a message to the other tabs. */
export function tellTabs(news: News): void {
  channel?.postMessage(news);
}

/** onTabs registers a handler for a message from another tab. */
export function onTabs(news: News, act: () => void): void {
  listeners.set(news, act);
}
