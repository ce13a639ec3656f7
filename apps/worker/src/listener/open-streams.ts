import type { StreamAction } from "@hafen/core";

/** What a container is used through; reading its log or its files is not. */
const USES: readonly StreamAction[] = ["exec", "exec.open", "attach", "connect"];

/** The streams open now through which somebody uses a container. */
export class OpenStreams {
  readonly #count = new Map<string, number>();

  /** Counts one until the answer is called. */
  open(action: StreamAction, subject: string): () => void {
    if (!USES.includes(action)) return () => {};
    this.#count.set(subject, (this.#count.get(subject) ?? 0) + 1);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      const left = (this.#count.get(subject) ?? 1) - 1;
      if (left === 0) this.#count.delete(subject);
      else this.#count.set(subject, left);
    };
  }

  isUsed(subject: string): boolean {
    return this.#count.has(subject);
  }
}
