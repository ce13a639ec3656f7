import { ProblemError } from "@hafen/contract";

/** A client that sends or takes nothing for so long is let go: the engine locks the container meanwhile. */
export const STALL_MS = 20_000;

/** An upload that breaks when its next piece does not come. */
export async function* unstalled(body: AsyncIterable<Uint8Array>, stallMs = STALL_MS): AsyncGenerator<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await within(pieces.next(), stallMs);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: it queues behind a read that may never end.
    void pieces.return?.()?.catch(() => {});
  }
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new ProblemError("files_stalled", `Nothing came for ${ms / 1000} s. Send it again, faster.`)),
    ms,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
