import { readdir } from "node:fs/promises";
import { readIfThere, statFields } from "./proc-file.ts";

/**
 * SIGKILL to a process of a container and all that descends from it; false when `root` is not a process of that container here.
 * Each is stopped before the next look, so that nothing can fork away between looking and killing.
 */
export async function killTree(root: number, containerId: string): Promise<boolean> {
  if (!(await belongsTo(root, containerId))) return false;
  const stopped = new Set<number>();
  for (let found = [root]; found.length > 0; found = await notYet(stopped, root, containerId)) {
    for (const pid of found) {
      signal(pid, "SIGSTOP");
      stopped.add(pid);
    }
  }
  // Pids are reused: each is held against its cgroup again, right before the signal.
  for (const pid of stopped) if (await belongsTo(pid, containerId)) signal(pid, "SIGKILL");
  return true;
}

async function notYet(stopped: ReadonlySet<number>, root: number, containerId: string): Promise<number[]> {
  const children = await childrenByParent();
  const found: number[] = [];
  const queue = [root];
  for (let parent = queue.pop(); parent !== undefined; parent = queue.pop()) {
    for (const pid of children.get(parent) ?? []) {
      queue.push(pid);
      if (!stopped.has(pid) && (await belongsTo(pid, containerId))) found.push(pid);
    }
  }
  return found;
}

async function childrenByParent(): Promise<Map<number, number[]>> {
  const children = new Map<number, number[]>();
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = await parentOf(entry);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  return children;
}

async function parentOf(pid: string): Promise<number | undefined> {
  const stat = await readIfThere(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : Number(statFields(stat)[1]);
}

/** By the container's full id, which every cgroup driver puts into the path. */
export async function belongsTo(pid: number, containerId: string): Promise<boolean> {
  return (await readIfThere(`/proc/${pid}/cgroup`))?.includes(containerId) ?? false;
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
  }
}
