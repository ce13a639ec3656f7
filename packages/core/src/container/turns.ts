import { setTimeout as delay } from "node:timers/promises";

type Work = (signal: AbortSignal) => Promise<void>;
interface Turn {
  generation: number;
  abort: AbortController;
  done: Promise<void>;
  /** What a nudge that came meanwhile asked for; several are one. */
  next?: { generation: number; work: Work };
}

/** A job is let go after this although its converge goes on: a stop may take five minutes, and the slots of the queue are few. */
const HOLD_MS = 10_000;

/**
 * One converge at a time for each id within a process. A nudge of a newer generation interrupts an older one, so that a kill
 * does not wait behind a stop's grace period; one that says nothing new makes another converge follow. Neither waits for what is
 * under way: if this process dies, the sweep finds the row.
 */
export class Turns {
  readonly #active = new Map<string, Turn>();
  readonly #onError: (id: string, error: unknown) => void;
  readonly #holdMs: number;
  #closed = false;

  constructor(onError: (id: string, error: unknown) => void, holdMs: number = HOLD_MS) {
    this.#onError = onError;
    this.#holdMs = holdMs;
  }

  /** Never rejects: a failure goes to `onError`, and the row is nudged again by the sweep. */
  async run(id: string, generation: number, work: Work): Promise<void> {
    if (this.#closed) return;
    const active = this.#active.get(id);
    if (!active) return atMost(this.#begin(id, generation, work), this.#holdMs);
    active.next = { generation: Math.max(generation, active.next?.generation ?? 0), work };
    if (generation > active.generation) active.abort.abort();
  }

  /** Interrupts what is under way, begins nothing more, and waits until nothing runs: the rows are another process's to converge. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const turn of this.#active.values()) turn.abort.abort();
    await this.idle();
  }

  /** Waits for what is under way and what follows it. */
  async idle(): Promise<void> {
    while (this.#active.size > 0) await Promise.all([...this.#active.values()].map((turn) => turn.done));
  }

  #begin(id: string, generation: number, work: Work): Promise<void> {
    const abort = new AbortController();
    const turn: Turn = { generation, abort, done: Promise.resolve() };
    this.#active.set(id, turn);
    turn.done = work(abort.signal)
      .catch((error: unknown) => {
        if (!abort.signal.aborted) this.#onError(id, error);
      })
      .then(() => {
        this.#active.delete(id);
        if (turn.next && !this.#closed) void this.#begin(id, turn.next.generation, turn.next.work);
      });
    return turn.done;
  }
}

async function atMost(work: Promise<void>, timeoutMs: number): Promise<void> {
  const over = new AbortController();
  const limit = delay(timeoutMs, undefined, { signal: over.signal, ref: false }).catch(() => {});
  await Promise.race([work, limit]);
  over.abort();
}
