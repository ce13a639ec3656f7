import { ProblemError } from "@hafen/contract";

export interface Transfer extends Disposable {
  /** Aborts with the caller's own, when the transfer is interrupted, and at its end: what nobody has read is let go. */
  signal: AbortSignal;
}

/**
 * The copies of files under way in this process, by what they copy from or to. The engine locks a container as long as one goes on, so
 * whoever must have the container interrupts them first. Kept in memory, since they end with the process.
 */
export class Transfers {
  /** Names of containers made for a transfer: what a killed process leaves of them the sweep removes. */
  readonly helpers = new Set<string>();
  readonly #active = new Map<string, Set<Underway>>();

  begin(subject: string, signal: AbortSignal): Transfer {
    const own: Underway = { controller: new AbortController(), ...Promise.withResolvers<void>() };
    const all = this.#active.get(subject) ?? new Set();
    this.#active.set(subject, all.add(own));
    return {
      signal: AbortSignal.any([signal, own.controller.signal]),
      [Symbol.dispose]: () => {
        all.delete(own);
        if (all.size === 0 && this.#active.get(subject) === all) this.#active.delete(subject);
        own.controller.abort();
        own.resolve();
      },
    };
  }

  /** Begins once those that began before have ended. */
  async beginAlone(subject: string, signal: AbortSignal): Promise<Transfer> {
    const before = [...(this.#active.get(subject) ?? [])].map(({ promise }) => promise);
    const transfer = this.begin(subject, signal);
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    transfer.signal.addEventListener("abort", () => resolve(), { once: true });
    await Promise.race([Promise.all(before), aborted]);
    if (transfer.signal.aborted) transfer[Symbol.dispose]();
    transfer.signal.throwIfAborted();
    return transfer;
  }

  /** Whether those under way now have ended within the time, or until `signal` aborts. */
  async quiet(subject: string, withinMs: number, signal?: AbortSignal): Promise<boolean> {
    const over = AbortSignal.any([AbortSignal.timeout(withinMs), ...(signal ? [signal] : [])]);
    const { promise: ended, resolve } = Promise.withResolvers<boolean>();
    over.addEventListener("abort", () => resolve(false), { once: true });
    if (over.aborted) resolve(false);
    const all = Promise.all([...(this.#active.get(subject) ?? [])].map(({ promise }) => promise)).then(() => true);
    return Promise.race([all, ended]);
  }

  isBusy(subject: string): boolean {
    return this.#active.has(subject);
  }

  interrupt(subject: string): void {
    for (const { controller } of this.#active.get(subject) ?? []) controller.abort(interrupted());
  }
}

interface Underway {
  controller: AbortController;
  promise: Promise<void>;
  resolve: () => void;
}

function interrupted(): ProblemError {
  return new ProblemError("files_interrupted", "Another request changed it meanwhile. What was copied is not whole.");
}
