import type { Payload } from "@hafen/queue";

/** Wakes containers whose restart is due later; the sweep finds those of a worker that was killed meanwhile. */
export class Restarts {
  readonly #wake: (row: Payload) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(wake: (row: Payload) => void) {
    this.#wake = wake;
  }

  /** Nothing for one that waits for no restart: its `ms` is not over 0. */
  after(ms: number, row: Payload): void {
    clearTimeout(this.#timers.get(row.id));
    this.#timers.delete(row.id);
    if (ms <= 0) return;
    const timer = setTimeout(() => {
      this.#timers.delete(row.id);
      this.#wake(row);
    }, ms);
    this.#timers.set(row.id, timer.unref());
  }
}
