import { readToken } from "./answers";
import type { Ask } from "./useSession";

/**
 * socketUrl requests a token and returns the URL of the WebSocket that it opens
 * once.
 */
export async function socketUrl(
  ask: Ask,
  kind: "console" | "vnc",
  machineId: string,
  taskId: string,
  takeOver = false,
): Promise<string> {
  const path = `/api/v1/tasks/${kind}/${taskId}`;
  const { token } = await ask(path, readToken, takeOver ? { take_over: true } : {});
  const url = new URL(path, location.origin);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("machine_id", machineId);
  url.searchParams.set("token", token);
  return url.href;
}
