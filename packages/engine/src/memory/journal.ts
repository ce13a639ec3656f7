/** An append-only list that readers may follow: a container's log, a process's output, the engine's events. */
export interface Journal<T> {
  push(entry: T): void;
  /** Ends every reader that follows, once it has read all. */
  close(): void;
  readonly entries: readonly T[];
  follow(from: number, signal?: AbortSignal): AsyncGenerator<T, void, undefined>;
}

export function openJournal<T>(): Journal<T> {
  const entries: T[] = [];
  const waiting = new Set<() => void>();
  let closed = false;
  const wake = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  return {
    entries,
    push(entry) {
      entries.push(entry);
      wake();
    },
    close() {
      closed = true;
      wake();
    },
    async *follow(from, signal) {
      signal?.addEventListener("abort", wake, { once: true });
      try {
        for (let at = from; !signal?.aborted;) {
          const entry = entries[at];
          if (at < entries.length) {
            at += 1;
            yield entry as T;
          } else if (closed) return;
          else await new Promise<void>((resolve) => waiting.add(resolve));
        }
      } finally {
        signal?.removeEventListener("abort", wake);
      }
    },
  };
}
