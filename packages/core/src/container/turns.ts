/**
 * One converge at a time for each id within a process. A nudge of a newer generation interrupts an older one, so that a kill
 * does not wait behind a stop's grace period; a nudge that says nothing new waits its turn behind it, and more of them are one.
 */
export class Turns {
  readonly #active = new Map<string, { generation: number; abort: AbortController; done: Promise<void>; queued?: Promise<void> }>();

  async run(id: string, generation: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const active = this.#active.get(id);
    if (active) {
      if (generation > active.generation) {
        active.generation = generation;
        active.abort.abort();
      }
      active.queued ??= active.done.then(() => this.run(id, generation, work));
      return active.queued;
    }
    const abort = new AbortController();
    const attempt = work(abort.signal).catch((error: unknown) => {
      if (!abort.signal.aborted) throw error;
    });
    const entry: { generation: number; abort: AbortController; done: Promise<void>; queued?: Promise<void> } = {
      generation,
      abort,
      done: attempt.then(
        () => {},
        () => {},
      ).then(() => {
        this.#active.delete(id);
      }),
    };
    this.#active.set(id, entry);
    return attempt;
  }

  /** Waits for what is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#active.values()].map((entry) => entry.queued ?? entry.done));
  }
}
