import { setTimeout as delay } from "node:timers/promises";
import { pidsIn, readNow, statFields } from "../proc-file.ts";

/**
 * Tells an exec's first process as soon as it is in the container's cgroup. The runtime puts it there some milliseconds before the
 * command runs in it, and until then is its parent, with the exec's id on its command line.
 */
const RUNTIME = /\/([0-9a-f]{64})\.pid(\0|$)/;
const EAGER_MS = 1;
/** After so long the engine is busy or speaks to a runtime that works otherwise: no reason to look a thousand times a second. */
const EAGER_FOR_MS = 500;
const LATER_MS = 20;

/** Of one cgroup, by exec id; all who wait share the looking. */
interface Watch {
  waiting: Map<string, (pid: number) => void>;
  looked: Set<number>;
  since: number;
}
const watches = new Map<string, Watch>();

/** To be called before the exec starts: what is in the cgroup by then is not it. Returns what ends the waiting. */
export function awaitStart(directory: string, execId: string, found: (pid: number) => void): () => void {
  let watch = watches.get(directory);
  if (!watch) {
    watch = { waiting: new Map(), looked: new Set(pidsIn(directory)), since: 0 };
    watches.set(directory, watch);
    void look(directory, watch);
  }
  const { waiting } = watch;
  watch.since = performance.now();
  waiting.set(execId, found);
  return () => void waiting.delete(execId);
}

async function look(directory: string, watch: Watch): Promise<void> {
  const { waiting } = watch;
  for (;;) {
    const pauseMs = performance.now() - watch.since < EAGER_FOR_MS ? EAGER_MS : LATER_MS;
    await delay(pauseMs, undefined, { ref: false });
    if (waiting.size === 0) break;
    const now = pidsIn(directory);
    for (const pid of now) {
      const execId = watch.looked.has(pid) ? undefined : execOf(pid);
      if (execId === undefined) continue;
      const found = waiting.get(execId);
      waiting.delete(execId);
      found?.(pid);
    }
    watch.looked = new Set(now);
  }
  watches.delete(directory);
}

/** The exec whose runtime is the parent of this process. */
function execOf(pid: number): string | undefined {
  const stat = readNow(`/proc/${pid}/stat`);
  const parent = stat === undefined ? undefined : statFields(stat)[1];
  return RUNTIME.exec(readNow(`/proc/${parent}/cmdline`) ?? "")?.[1];
}
