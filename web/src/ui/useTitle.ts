import { useEffect } from "react";

/** The tab's title: what runs out, then the page, then the app. */
const parts = { running: "", page: "" };

/** titleOf joins the parts that are set. */
export function titleOf({ running, page }: typeof parts): string {
  return [running, page, "DBC"].filter(Boolean).join(" · ");
}

function useTitlePart(part: keyof typeof parts, text: string): void {
  useEffect(() => {
    parts[part] = text;
    document.title = titleOf(parts);
    return () => {
      parts[part] = "";
      document.title = titleOf(parts);
    };
  }, [part, text]);
}

/** useTitle sets the page's name in the browser's tab. */
export function useTitle(page: string): void {
  useTitlePart("page", page);
}

/** useCountdown shows the remaining time in the browser's tab. */
export function useCountdown(left: string): void {
  useTitlePart("running", left);
}
