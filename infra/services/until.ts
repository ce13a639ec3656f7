import { setTimeout as delay } from "node:timers/promises";

/** Polls until `probe` is true; answers whether it became true in time. */
export async function until(
  probe: () => boolean | Promise<boolean>,
  timeoutMs: number,
  intervalMs = 20,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await probe()) return true;
    if (performance.now() >= deadline) return false;
    await delay(intervalMs);
  }
}
