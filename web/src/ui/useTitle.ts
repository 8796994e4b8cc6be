import { useEffect } from "react";

/** The tab's title: what runs out, then the page, then the app. */
const parts = { running: "", page: "" };

/** titleOf joins what there is. */
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

/** useTitle names the page in the browser's tab. */
export function useTitle(page: string): void {
  useTitlePart("page", page);
}

/** useCountdown puts the time that is left into the browser's tab. */
export function useCountdown(left: string): void {
  useTitlePart("running", left);
}
