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
  const cancel = () => answer.socket.end();
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  const { promise: cancelled, resolve } = Promise.withResolvers<"cancelled">();
  signal.addEventListener("abort", () => resolve("cancelled"), { once: true });
  const source = answer.iterator({ destroyOnReturn: false });
  try {
    while (!signal.aborted) {
      const next = await Promise.race([source.next(), cancelled]);
      if (next === "cancelled" || next.done) break;
      yield next.value as Buffer;
    }
    if (signal.aborted) throw new EngineError("aborted", "build: aborted");
  } catch (cause) {
    throw toEngineError("build", cause);
  } finally {
    signal.removeEventListener("abort", cancel);
    await drain(answer, source);
  }
}

/** What is still said is of no use; how it ends neither, since what is left is looked for afterwards. */
async function drain(answer: IncomingMessage, source: AsyncIterator<unknown>): Promise<void> {
  const timer = setTimeout(() => answer.destroy(), ENDS_WITHIN_MS);
  try {
    if (!answer.destroyed && !answer.readableEnded) answer.socket.end();
    while (!(await source.next()).done);
  } catch {
    // A broken connection has ended too.
  } finally {
    clearTimeout(timer);
    answer.destroy();
  }
}
