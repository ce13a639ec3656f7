/** How a call is made; always in its last argument. */
export interface CallOptions {
  /** Ends the call, with code `aborted`. */
  signal?: AbortSignal | undefined;
  /** For the whole call, retries included; then code `timeout`. Streams have no limit unless it is given. */
  timeoutMs?: number | undefined;
}

export interface RemoveOptions extends CallOptions {
  /** Answer once it has settled, or after these seconds as it is then; at most 300. */
  waitSeconds?: number | undefined;
}

export interface ChangeOptions extends RemoveOptions {
  /** The same key and body have one effect and one answer for 24 hours. Made up per call when absent. */
  idempotencyKey?: string | undefined;
}

/** What remains of an options object that also holds a request's own fields. */
export function callOptions({ signal, timeoutMs, waitSeconds, idempotencyKey }: ChangeOptions): ChangeOptions {
  return { signal, timeoutMs, waitSeconds, idempotencyKey };
}
