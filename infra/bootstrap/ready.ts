import { setTimeout as delay } from "node:timers/promises";

const EVERY_MS = 50;
const WITHIN_MS = 60_000;

/** Waits until api, database, queue and a host answer. The programs are started again if they end, so only time gives up. */
export async function untilReady(url: string, signal: AbortSignal): Promise<void> {
  const end = performance.now() + WITHIN_MS;
  for (;;) {
    signal.throwIfAborted();
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    if (answer?.ok) return;
    if (performance.now() > end)
      throw new Error(
        `${url} is not ready after ${WITHIN_MS / 1000} s: ${answer ? await answer.text() : "the api does not answer"}`,
      );
    await delay(EVERY_MS);
  }
}
