import { type FSWatcher, watch } from "node:fs";
import { pidsIn, readNow, statFields } from "../proc-file.ts";

/**
 * Tells an exec's first process as soon as it is in the container's cgroup. The runtime writes it there some milliseconds before the
 * command runs in it, which the kernel reports like any write, and until then is its parent, with the exec's id on its command line.
 * Seen later, on a busy machine, it has some other parent outside of the container: then only the engine can say whose it is.
 */
const RUNTIME = /\/([0-9a-f]{64})\.pid(\0|$)/;

interface Waiter {
  found(pid: number): void;
  /** Some exec has begun in this container. */
  perhaps(): void;
}
/** Of one cgroup, by exec id. */
interface Watch {
  waiting: Map<string, Waiter>;
  looked: Set<number>;
  /** Undefined where the kernel gives no more of them: the engine is then asked. */
  watcher: FSWatcher | undefined;
}
const watches = new Map<string, Watch>();

/** To be called before the exec starts: what is in the cgroup by then is not it. Returns what ends the waiting. */
export function awaitStart(directory: string, execId: string, waiter: Waiter): () => void {
  const opened = watches.get(directory) ?? open(directory);
  opened.waiting.set(execId, waiter);
  return () => {
    opened.waiting.delete(execId);
    if (opened.waiting.size > 0 || watches.get(directory) !== opened) return;
    opened.watcher?.close();
    watches.delete(directory);
  };
}

function open(directory: string): Watch {
  const opened: Watch = { waiting: new Map(), looked: new Set(pidsIn(directory)), watcher: undefined };
  watches.set(directory, opened);
  try {
    opened.watcher = watch(`${directory}/cgroup.procs`, { persistent: false }, () => look(directory, opened));
    opened.watcher.on("error", () => {}); // it went with its container
  } catch {
    // gone already, or too many are watched
  }
  return opened;
}

function look(directory: string, { waiting, looked }: Watch): void {
  const now = pidsIn(directory);
  for (const pid of now) {
    const parent = looked.has(pid) ? undefined : parentOf(pid);
    looked.add(pid);
    if (parent === undefined || now.includes(parent)) continue;
    const execId = RUNTIME.exec(readNow(`/proc/${parent}/cmdline`) ?? "")?.[1];
    if (execId !== undefined) waiting.get(execId)?.found(pid);
    else for (const waiter of waiting.values()) waiter.perhaps();
  }
  // A number that is free again may be the next one's.
  for (const pid of looked) if (!now.includes(pid)) looked.delete(pid);
}

function parentOf(pid: number): number | undefined {
  const stat = readNow(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : Number(statFields(stat)[1]);
}
