import type { IncomingMessage } from "node:http";
import { EngineError } from "../error.ts";
import { toEngineError } from "./errors.ts";

/** Longer than the engine takes to kill a step and remove its container. */
const ENDS_WITHIN_MS = 15_000;

/**
 * The bytes of a build's answer. To end the build only our half of the connection is closed: that cancels it, and the answer ends
 * when the engine has cleared up. Closed at once, a container on its way would still start, in a cgroup already removed.
 */
export async function* buildAnswer(
  answer: IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  let deadline: NodeJS.Timeout | undefined;
  const leave = () => {
    // The connection of an answer that is over is no longer its own.
    if (deadline || answer.complete || answer.destroyed) return;
    answer.socket.end();
    deadline = setTimeout(() => answer.destroy(), ENDS_WITHIN_MS);
  };
  const aborted = (cause?: unknown) => new EngineError("aborted", "build: aborted", { cause });
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
  const source = answer.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const next = await source.next();
      // What comes after the abort, as that a step was killed, is of our making.
      if (next.done || signal.aborted) break;
      yield next.value as Buffer;
    }
    if (signal.aborted) throw aborted();
  } catch (cause) {
    throw signal.aborted ? aborted(cause) : toEngineError("build", cause);
  } finally {
    signal.removeEventListener("abort", leave);
    leave();
    await drain(source);
    clearTimeout(deadline);
    answer.destroy();
  }
}

/** What is still said is of no use; how it ends neither, since what is left is looked for afterwards. */
async function drain(source: AsyncIterator<unknown>): Promise<void> {
  try {
    while (!(await source.next()).done);
  } catch {
    // A broken connection has ended too.
  }
}
