import type { Op } from "../engine.ts";
import { EngineError } from "../error.ts";
import { toEngineError, type Wording } from "./errors.ts";

/** How long the engine may take to answer; a stopped dockerd accepts connections and says nothing. */
export const DEADLINES_MS = {
  ask: 30_000,
  change: 60_000,
  remove: 120_000,
  /** For counting every file on the engine's disk. */
  walk: 600_000,
  /** For what makes the engine ask a registry, which it tries over and over before it gives up. */
  registry: 120_000,
  /** For writing a container's changes down as a layer. */
  commit: 600_000,
  /** Until the head of a stream's answer; the stream itself has no deadline. */
  open: 30_000,
  /** For taking the next piece of an upload. */
  upload: 60_000,
  /** Between the end of an upload and the answer. */
  unpack: 600_000,
} as const;

export interface Deadline {
  restart(deadlineMs: number): void;
  pause(): void;
}

/** Runs one engine call: aborted by the caller, ended by the deadline, and its failure in our terms. */
export async function call<T>(
  what: string,
  deadlineMs: number,
  op: Op | undefined,
  run: (abortSignal: AbortSignal, deadline: Deadline) => Promise<T>,
  wording?: Wording,
): Promise<T> {
  if (op?.signal?.aborted) throw new EngineError("aborted", `${what}: aborted`);
  const controller = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  ended.catch(() => {});
  // Raced rather than left to the client: a connection cut inside an answer never settles dockerode's promise.
  const end = (error: EngineError) => (reject(error), controller.abort());
  const onAbort = () => end(new EngineError("aborted", `${what}: aborted`));
  op?.signal?.addEventListener("abort", onAbort, { once: true });

  let timer: NodeJS.Timeout | undefined;
  let settled = false;
  const deadline: Deadline = {
    pause: () => clearTimeout(timer),
    restart(ms) {
      clearTimeout(timer);
      // An upload may still ask after the call has ended.
      if (settled) return;
      timer = setTimeout(() => end(new EngineError("unavailable", `${what}: no answer within ${ms / 1000} s`)), ms);
    },
  };
  deadline.restart(deadlineMs);
  try {
    const running = run(controller.signal, deadline);
    running.catch(() => {});
    return await Promise.race([running, ended]);
  } catch (cause) {
    throw toEngineError(what, cause, wording);
  } finally {
    settled = true;
    clearTimeout(timer);
    op?.signal?.removeEventListener("abort", onAbort);
  }
}
