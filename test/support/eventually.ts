import { setTimeout as delay } from "node:timers/promises";

const EVERY_MS = 50;

/** Waits until `condition` is true. A condition that throws fails the wait at once; assertions go through `eventuallyHolds`. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(EVERY_MS);
  }
}

/** Waits until `assertion` no longer throws; its last error is the failure. */
export async function eventuallyHolds<T>(assertion: () => T | Promise<T>, withinMs = 30_000): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(EVERY_MS);
    }
  }
}
