import { type LucideIcon, Wallet } from "lucide-react";
import type { messages } from "./messages";

export interface NavEntry {
  to: string;
  name: keyof (typeof messages)["en"]["nav"];
  icon: LucideIcon;
}

/** nav is the app's main navigation, in its order. */
export const nav: readonly NavEntry[] = [{ to: "/wallet", name: "wallet", icon: Wallet }];
