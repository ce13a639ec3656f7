import { setTimeout as delay } from "node:timers/promises";
import type { Say } from "./packages.ts";
import { isAlive } from "./processes.ts";
import type { Service } from "./service.ts";

const LOOK_EVERY_MS = 1_000;

/**
 * Opens a service and opens it again when a daemon of it is gone: crashed, or killed for memory. Opening adopts what still runs,
 * so only the missing part is started. A daemon that is merely slow is left alone.
 */
export async function keepOpen<T extends Service>(name: string, open: () => Promise<T>, say: Say): Promise<T> {
  const first = await open();
  let current: Service = first;
  const closing = new AbortController();

  async function watch(): Promise<void> {
    while (!closing.signal.aborted) {
      await delay(LOOK_EVERY_MS, undefined, { signal: closing.signal, ref: false }).catch(() => {});
      if (closing.signal.aborted || current.pids.every(isAlive)) continue;
      say(`${name} has ended; starting it again`);
      await open().then(
        (again) => (current = again),
        (error: unknown) => say(`${name}: ${String(error)}`),
      );
    }
  }
  const watching = watch();
  return {
    ...first,
    async close() {
      closing.abort();
      await watching;
      await current.close();
    },
  };
}
