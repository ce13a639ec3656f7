import { readFile, writeFile } from "node:fs/promises";

const MOST = 2 ** 31 - 1;
/** What the kernel counts by the user who made the containers' user namespaces: over all containers, and the machine's root with them. */
const COUNTERS = ["/proc/sys/fs/inotify/max_user_instances", "/proc/sys/fs/inotify/max_user_watches"];

/**
 * With 128 inotify instances for all, the first container that takes them leaves none for the others. Lifted, what bounds each is its own
 * memory: the kernel charges these objects to it.
 */
export async function liftSharedCounters(): Promise<void> {
  for (const counter of COUNTERS) {
    if (Number(await readFile(counter, "utf8")) >= MOST) continue;
    // Where /proc/sys is read-only the machine's owner has to do it.
    await writeFile(counter, String(MOST)).catch(() => {});
  }
}
