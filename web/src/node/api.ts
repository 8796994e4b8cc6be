import { observe } from "./clock";
import { plain, plainText } from "./plain";

/** ApiError is a refusal by a node, or a failure to reach it. */
export class ApiError extends Error {
  override name = "ApiError";

  readonly details: { status?: number; field?: string; value?: string; limit?: string };

  constructor(
    readonly code: string,
    message: string,
    details: ApiError["details"] = {},
  ) {
    super(plainText(message));
    this.details = plain({ ...details });
  }
}

/**
 * patienceMs exceeds every node's time limit for an answer, so that none is
 * awaited in vain.
 */
const patienceMs = 70_000;

function timedOut({ reason }: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

/**
 * ask fetches from the client node. It fails with UNREACHABLE_NODE if that does
 * not answer at all.
 */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const sent = Date.now();
  let response: Response;
  try {
    const limit = AbortSignal.timeout(patienceMs);
    const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
    response = await fetch(path, { ...init, signal, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch (error) {
    // The caller may have aborted, or have set a shorter limit.
    if (init.signal?.aborted && !timedOut(init.signal)) throw error;
    throw new ApiError("UNREACHABLE_NODE", "the client node does not answer");
  }
  observe(response, sent);
  return response;
}

/** open returns an envelope's message, or throws the error in it. */
export function open<T>(status: number, text: string): T {
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch {
    throw new ApiError("BAD_ANSWER", `the answer (HTTP ${status}) is no JSON`, { status });
  }
  if (typeof envelope !== "object" || envelope === null || !("errcode" in envelope))
    throw new ApiError("BAD_ANSWER", `the answer (HTTP ${status}) has no errcode`, { status });
  if (envelope.errcode === 0) return plain((envelope as { message?: unknown }).message as T);
  // A refusal is a machine's word too: what it has beside texts is not rendered.
  const said = envelope as Record<string, unknown>;
  const details: ApiError["details"] = { status };
  for (const name of ["field", "value", "limit"] as const) {
    const given = said[name];
    if (typeof given === "string") details[name] = given;
  }
  const { code, message } = said;
  throw new ApiError(
    typeof code === "string" ? code : `ERRCODE_${JSON.stringify(said.errcode)}`,
    typeof message === "string" ? message : (JSON.stringify(message) ?? ""),
    details,
  );
}

/** post calls the client node itself, without authorization. */
export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
  return open<T>(response.status, await response.text());
}

/** get calls the client node itself. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, { headers: { Accept: "application/json" }, signal: signal ?? null });
  return open<T>(response.status, await response.text());
}
