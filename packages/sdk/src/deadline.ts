import { HafenError } from "./error.ts";

/** The longest that setTimeout can wait; anything over it means no limit. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A signal that fires when the caller's does or when the time is up, and knows which it was.
 * Not AbortSignal.any: Node 20.0 lacks it, and its followers stay on a signal that lives as long as the process.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal | undefined;
  readonly #onAbort = () =>
    this.#fail(new HafenError("aborted", "the caller's signal ended the call", { cause: this.#parent?.reason }));
  #timer: ReturnType<typeof setTimeout> | undefined;
  #endsAtMs = Infinity;
  #error: HafenError | undefined;

  constructor(parent: AbortSignal | undefined, timeoutMs?: number) {
    this.#parent = parent;
    if (parent?.aborted) this.#onAbort();
    else parent?.addEventListener("abort", this.#onAbort, { once: true });
    this.arm(timeoutMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why it fired; undefined while it has not. */
  get error(): HafenError | undefined {
    return this.#error;
  }

  get remainingMs(): number {
    return this.#endsAtMs - Date.now();
  }

  /** Starts the time anew; without an argument there is no limit from here on. */
  arm(timeoutMs?: number): void {
    clearTimeout(this.#timer);
    this.#endsAtMs = Infinity;
    if (timeoutMs === undefined || timeoutMs > MAX_TIMER_MS || this.#error) return;
    this.#endsAtMs = Date.now() + timeoutMs;
    this.#timer = setTimeout(
      () => this.#fail(new HafenError("timeout", `no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
  }

  throwIfOver(): void {
    if (this.#error) throw this.#error;
  }

  /** Ends what still runs under the signal and lets go of timer and parent. */
  close(): void {
    clearTimeout(this.#timer);
    this.#parent?.removeEventListener("abort", this.#onAbort);
    this.#controller.abort();
  }

  #fail(error: HafenError): void {
    this.#error ??= error;
    clearTimeout(this.#timer);
    this.#controller.abort(this.#error);
  }
}

/** Waits; rejects with the deadline's error when that comes first. */
export function pause(ms: number, deadline: Deadline): Promise<void> {
  return new Promise((resolve, reject) => {
    const { signal } = deadline;
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      if (deadline.error) reject(deadline.error);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
