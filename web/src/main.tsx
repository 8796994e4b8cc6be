import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";
import { Alone, Failed } from "./app/RouteError";
import { router } from "./app/routes";
import { startTheme } from "./app/theme";
import { startLive } from "./chain/live";
import { startLocale } from "./i18n/locale";
import { ApiError } from "./node/api";
import { ChainError } from "./node/errors";
import { metaQuery } from "./node/meta";
import { onTabs } from "./ui/tabs";
import { Toasts } from "./ui/toast";
import "./ui/tokens.css";
import { keplrKept, startWallet } from "./wallet/store";

/**
 * unfit is why the app cannot start in this browser, for example because it
 * stores nothing for the page.
 */
let unfit: unknown;
try {
  startTheme();
  startLocale();
  startWallet();
} catch (error) {
  unfit = error;
}

/** A refusal is not retried; an unreachable node is. */
function retry(failures: number, error: unknown): boolean {
  if (error instanceof ChainError) return false;
  if (error instanceof ApiError && error.details.status && error.details.status < 500) return false;
  return failures < 2;
}

const client = new QueryClient({
  defaultOptions: { queries: { retry, retryDelay: 1_000, staleTime: 2_000, networkMode: "always" } },
});

client
  .fetchQuery({ ...metaQuery, retry: true })
  .then(async (meta) => {
    // Most users have no Keplr: its part of the app is loaded only after it was
    // connected.
    if (localStorage.getItem(keplrKept)) (await import("./wallet/keplr")).resumeKeplr(meta.chain_id);
  })
  .catch(() => {}); // whoever needs it requests it again

startLive(client);
onTabs("sessions", () => void client.invalidateQueries({ queryKey: ["session"] }));

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={client}>
          {unfit === undefined ? (
            <RouterProvider router={router} />
          ) : (
            <Alone>
              <Failed error={unfit} />
            </Alone>
          )}
          <Toasts />
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>,
  );
