import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";
import { Alone, Failed } from "./app/RouteError";
import { router } from "./app/routes";
import { startTheme } from "./app/theme";
import { startLive } from "./chain/live";
import { ChainError } from "./chain/rpc";
import { startLocale } from "./i18n/locale";
import { ApiError } from "./node/api";
import { metaQuery } from "./node/meta";
import { onTabs } from "./ui/tabs";
import { Toasts } from "./ui/toast";
import "./ui/tokens.css";
import { keplrKept, startWallet } from "./wallet/store";

/** unfit is why the app can't start in this browser, one that keeps nothing for the page among the causes. */
let unfit: unknown;
try {
  startTheme();
  startLocale();
  startWallet();
} catch (error) {
  unfit = error;
}

/** A refusal stays one however often it is asked again; what was not reached is. */
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
    // Most have no Keplr: its part of the app is loaded for those who connected it.
    if (localStorage.getItem(keplrKept)) (await import("./wallet/keplr")).resumeKeplr(meta.chain_id);
  })
  .catch(() => {}); // it is asked again by whoever needs it

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
