import { createBrowserRouter, Navigate, type RouteObject } from "react-router";
import { load } from "../ui/load";
import { Frame } from "./Frame";
import { Alone, Missing, RouteError, Starting } from "./RouteError";

/** page loads a page's code when it is first opened. */
function page(path: string, code: () => Promise<{ default: React.ComponentType }>): RouteObject {
  return { path, lazy: async () => ({ Component: (await load(code)).default }) };
}

const pages: RouteObject[] = [
  { index: true, element: <Navigate to="/machines" replace /> },
  page("machines", () => import("../machines/MachinesPage")),
  page("machines/:machineId", () => import("../machines/MachinePage")),
  page("rentals", () => import("../rentals/RentalsPage")),
  page("rentals/:rentId", () => import("../rentals/RentalPage")),
  page("rentals/:rentId/explain", () => import("../explain/ExplainPage")),
  page("host", () => import("../host/HostPage")),
  page("host/:machineId", () => import("../host/MachineHostPage")),
  page("wallet", () => import("../accounts/WalletPage")),
  page("developer", () => import("../developer/TransactionsPage")),
  page("developer/state", () => import("../developer/ChainStatePage")),
  { path: "*", element: <Missing /> },
];

/** router holds every page of the app. */
export const router = createBrowserRouter([
  {
    element: <Frame />,
    hydrateFallbackElement: <Starting />,
    errorElement: (
      <Alone>
        <RouteError />
      </Alone>
    ),
    children: [{ errorElement: <RouteError />, children: pages }],
  },
]);
