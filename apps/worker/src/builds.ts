import { runBuild, type HostCtx } from "@hafen/core";
import { buildById } from "@hafen/db";

/** The builds under way in this process: each once, and each can be ended. */
export class RunningBuilds {
  readonly #ctx: HostCtx;
  readonly #running = new Map<string, AbortController>();
  #closing = false;

  constructor(ctx: HostCtx) {
    this.#ctx = ctx;
  }

  get ids(): ReadonlySet<string> {
    return new Set(this.#running.keys());
  }

  /** A second delivery of a build that is under way here does nothing. */
  async run(id: string): Promise<void> {
    if (this.#closing || this.#running.has(id)) return;
    const abort = new AbortController();
    this.#running.set(id, abort);
    try {
      await runBuild(this.#ctx, id, abort.signal);
    } finally {
      this.#running.delete(id);
    }
  }

  /** Ends it if its row says so: a job alone ends nothing. */
  async cancel(id: string): Promise<void> {
    const abort = this.#running.get(id);
    if (abort && (await buildById(this.#ctx.db, id))?.cancelRequestedAt != null) abort.abort();
  }

  /** For cancels whose job was lost. */
  async cancelRequested(): Promise<void> {
    for (const id of this.#running.keys()) await this.cancel(id);
  }

  /** Ends all of them; their rows stay open, so that they are begun again when a worker is back. */
  close(): void {
    this.#closing = true;
    for (const abort of this.#running.values()) abort.abort();
  }
}
