import type { ChangeOptions } from "./call-options.ts";
import { queryString, type QueryValue } from "./address.ts";
import { Deadline, pause } from "./deadline.ts";
import { HafenError } from "./error.ts";
import { newIdempotencyKey } from "./idempotency-key.ts";
import { parseJson } from "./json-text.ts";
import { errorOf } from "./problem.ts";
import { ATTEMPTS, backoffMs, mayHelp } from "./retry.ts";
import type { Upload } from "./tar-source.ts";

export interface HafenOptions {
  /** Where the service is: https://hafen.example.com */
  url: string;
  /** `hfn_…`; without it only open routes answer. */
  apiKey?: string | undefined;
  /** For calls that do not say otherwise; default 60 s, on top of waitSeconds. Uploads and streams have none. */
  timeoutMs?: number | undefined;
  /** In place of the global fetch. */
  fetch?: typeof globalThis.fetch | undefined;
  /** In place of the global WebSocket, which must take headers as Node's does: Node has one from version 22 on, browsers' takes none. */
  WebSocket?: WebSocketMaker | undefined;
}
export type WebSocketMaker = new (url: string, options: { headers: Record<string, string> }) => WebSocket;

export interface Call {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, QueryValue>;
  json?: unknown;
  upload?: Upload;
  /** A POST that changes nothing: sent again without an idempotency key. */
  safe?: boolean;
  /** Sent once, even with an idempotency key: it may have done its work though its answer is lost. */
  once?: boolean;
  options: ChangeOptions;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Sends requests: headers, time limits, retries, and one kind of error. */
export class Transport {
  /** How long a stream may take to begin, and any call that does not say otherwise. */
  readonly timeoutMs: number;
  /** Whether there is a WebSocket that takes headers, as a browser's does not. */
  readonly opensSockets: boolean;
  readonly #url: string;
  readonly #apiKey: string | undefined;
  readonly #fetch: typeof globalThis.fetch;
  readonly #WebSocket: WebSocketMaker | undefined;

  constructor({ url, apiKey, timeoutMs = DEFAULT_TIMEOUT_MS, fetch, WebSocket }: HafenOptions) {
    if (!/^https?:\/\/./.test(url) || !URL.canParse(url))
      throw new HafenError("invalid_request", "the url of a service is as https://hafen.example.com");
    // Said here, without the value: a header or a WebSocket would quote it in its own error.
    if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey))
      throw new HafenError("invalid_request", "the API key holds a character that no key has, such as a line end");
    this.#url = url.replace(/\/+$/, "");
    this.#apiKey = apiKey;
    this.timeoutMs = timeoutMs;
    this.opensSockets = WebSocket !== undefined || ("process" in globalThis && "WebSocket" in globalThis);
    this.#WebSocket = WebSocket ?? (globalThis.WebSocket as unknown as WebSocketMaker | undefined);
    this.#fetch = fetch ?? ((input, init) => globalThis.fetch(input, init));
  }

  /** Sends until there is an answer, an error that another attempt cannot mend, or no time left. */
  async json<T>(call: Call): Promise<T> {
    const { signal, timeoutMs, waitSeconds = 0 } = call.options;
    const defaultMs = call.upload ? undefined : this.timeoutMs + waitSeconds * 1000;
    const deadline = new Deadline(signal, timeoutMs ?? defaultMs);
    const headers = headersOf(call);
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#attempt<T>(call, headers, deadline);
        } catch (error) {
          if (!(error instanceof HafenError)) throw error;
          const ms = error.retryAfterMs ?? backoffMs(attempt);
          if (!retries(call, headers, error, attempt) || ms >= deadline.remainingMs) throw error;
          await pause(ms, deadline);
        }
      }
    } finally {
      deadline.close();
    }
  }

  /** One attempt at an answer that is read as it comes; the deadline must outlive the reading. */
  async open(
    path: string,
    query: Record<string, QueryValue>,
    headers: Record<string, string>,
    deadline: Deadline,
  ): Promise<Response> {
    return this.#send({ method: "GET", path, query, options: {} }, headers, deadline);
  }

  /** A WebSocket that is being opened. */
  socket(path: string, query: Record<string, QueryValue>): WebSocket {
    if (!this.#WebSocket) throw new HafenError("network", "this runtime has no WebSocket; give one as an option");
    const headers = this.#apiKey === undefined ? {} : { authorization: `Bearer ${this.#apiKey}` };
    return new this.#WebSocket(`${this.#url.replace(/^http/, "ws")}${path}${queryString(query)}`, { headers });
  }

  async #attempt<T>(call: Call, headers: Record<string, string>, deadline: Deadline): Promise<T> {
    const response = await this.#send(call, headers, deadline);
    if (response.status === 204) return undefined as T;
    const text = await response.text().catch((cause: unknown) => {
      throw brokenOff(deadline, cause);
    });
    return parseJson(text, "the answer", response.status) as T;
  }

  async #send(call: Call, headers: Record<string, string>, deadline: Deadline): Promise<Response> {
    deadline.throwIfOver();
    const init = {
      method: call.method,
      headers: { ...headers, ...(this.#apiKey === undefined ? {} : { authorization: `Bearer ${this.#apiKey}` }) },
      signal: deadline.signal,
      ...bodyOf(call),
    } as RequestInit; // TypeScript's RequestInit has no duplex
    try {
      const response = await this.#fetch(`${this.#url}${call.path}${queryString(call.query ?? {})}`, init);
      if (response.ok) return response;
      throw await errorOf(response);
    } catch (cause) {
      if (cause instanceof HafenError) throw cause;
      throw call.upload?.failed?.() ?? brokenOff(deadline, cause);
    }
  }
}

function bodyOf({ json, upload }: Call): Record<string, unknown> {
  if (upload) return upload.replayable ? { body: upload.body } : { body: upload.body, duplex: "half" };
  return json === undefined ? {} : { body: JSON.stringify(json) };
}

function headersOf({ method, json, upload, safe, options }: Call): Record<string, string> {
  const headers: Record<string, string> = { accept: "application/json" };
  const contentType = upload?.contentType ?? (json === undefined ? undefined : "application/json");
  if (contentType !== undefined) headers["content-type"] = contentType;
  if (options.waitSeconds !== undefined) headers["prefer"] = `wait=${Math.ceil(options.waitSeconds)}`;
  const ownKey = upload?.replayable === false || safe ? undefined : newIdempotencyKey();
  const key = options.idempotencyKey ?? ownKey;
  if (method === "POST" && key !== undefined) headers["idempotency-key"] = key;
  return headers;
}

/** Only what has one effect however often it arrives is sent again. */
function retries(call: Call, headers: Record<string, string>, error: HafenError, attempt: number): boolean {
  const replayable = call.upload?.replayable !== false;
  const repeatable = replayable && (call.method !== "POST" || call.safe || headers["idempotency-key"] !== undefined);
  if (!repeatable || (call.once && error.status !== 429)) return false;
  // Our attempt before this one is still under way there: its answer comes under the same key.
  if (error.code === "idempotency_in_progress" && attempt > 1) return true;
  return attempt < ATTEMPTS && mayHelp(error);
}

/** The error of a request or answer that the connection did not carry to its end. */
export function brokenOff(deadline: Deadline, cause: unknown): HafenError {
  if (deadline.error) return deadline.error;
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
  return new HafenError("network", `the connection failed: ${reason}`, { cause });
}
