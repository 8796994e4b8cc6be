import { CodeXml, HardDrive, type LucideIcon, Server, SquareStack, Wallet } from "lucide-react";
import type { messages } from "./messages";

export interface NavEntry {
  to: string;
  name: keyof (typeof messages)["en"]["nav"];
  icon: LucideIcon;
}

/** nav is the app's main navigation, in order. */
export const nav: readonly NavEntry[] = [
  { to: "/machines", name: "machines", icon: Server },
  { to: "/rentals", name: "rentals", icon: SquareStack },
  { to: "/host", name: "host", icon: HardDrive },
  { to: "/wallet", name: "wallet", icon: Wallet },
  { to: "/developer", name: "developer", icon: CodeXml },
];
