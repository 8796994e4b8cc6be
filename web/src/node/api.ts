import { observe } from "./clock";
import { plain, plainText } from "./plain";

/** ApiError is an answer that says no, from a node or from the way to it. */
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

interface Envelope {
  errcode: number;
  message: unknown;
  code?: string;
  field?: string;
  value?: string;
  limit?: string;
}

/** patienceMs is more than any node takes for an answer, so that none is waited for in vain. */
const patienceMs = 70_000;

function timedOut({ reason }: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

/** ask fetches from the client node. It fails with UNREACHABLE_NODE where that does not answer at all. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const sent = Date.now();
  let response: Response;
  try {
    const limit = AbortSignal.timeout(patienceMs);
    const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
    response = await fetch(path, { ...init, signal, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch (error) {
    // Who asked may have given up, or have set a shorter limit.
    if (init.signal?.aborted && !timedOut(init.signal)) throw error;
    throw new ApiError("UNREACHABLE_NODE", "the client node does not answer");
  }
  observe(response, sent);
  return response;
}

/** open takes an envelope's message out, or throws the error that it tells. */
export function open<T>(status: number, text: string): T {
  let envelope: Envelope;
  try {
    envelope = JSON.parse(text);
  } catch {
    throw new ApiError("BAD_ANSWER", `the answer (HTTP ${status}) is no JSON`, { status });
  }
  if (envelope.errcode !== 0) {
    const { code = `ERRCODE_${envelope.errcode}`, message, ...details } = envelope;
    throw new ApiError(code, typeof message === "string" ? message : JSON.stringify(message), { ...details, status });
  }
  return plain(envelope.message as T);
}

/** post asks the client node itself, without authority. */
export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
  return open<T>(response.status, await response.text());
}

/** get asks the client node itself. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, { headers: { Accept: "application/json" }, signal: signal ?? null });
  return open<T>(response.status, await response.text());
}
