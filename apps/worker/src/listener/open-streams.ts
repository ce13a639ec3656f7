import type { StreamAction } from "@hafen/core";

/** What a container is used through; reading its log or its files is not. */
const USES: readonly StreamAction[] = ["exec", "exec.open", "attach", "connect"];

/** The streams through which somebody uses a container: those open now, and those that were since somebody last asked. */
export class OpenStreams {
  readonly #count = new Map<string, number>();
  #used = new Set<string>();

  /** Counts one until the answer is called. */
  open(action: StreamAction, subject: string): () => void {
    if (!USES.includes(action)) return () => {};
    this.#count.set(subject, (this.#count.get(subject) ?? 0) + 1);
    this.#used.add(subject);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      const left = (this.#count.get(subject) ?? 1) - 1;
      if (left === 0) this.#count.delete(subject);
      else this.#count.set(subject, left);
    };
  }

  takeUsed(): ReadonlySet<string> {
    const used = this.#used;
    this.#used = new Set(this.#count.keys());
    return used;
  }
}
