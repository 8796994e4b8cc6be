import type { Ask } from "./useSession";

/** socketUrl asks for a token and gives the WebSocket that it opens once. */
export async function socketUrl(
  ask: Ask,
  kind: "console" | "vnc",
  machineId: string,
  taskId: string,
  takeOver = false,
): Promise<string> {
  const path = `/api/v1/tasks/${kind}/${taskId}`;
  const { token } = await ask<{ token: string }>(path, takeOver ? { take_over: true } : {});
  const url = new URL(path, location.origin);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("machine_id", machineId);
  url.searchParams.set("token", token);
  return url.href;
}
