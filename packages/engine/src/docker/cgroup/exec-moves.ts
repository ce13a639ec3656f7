import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { childrenOf, pidsIn, readNow, statFields } from "../proc-file.ts";

/** All of it is synchronous, so that no exec removes what another is about to fill. */

/** The runtime's last step before the command: by then the process is where it will run. */
export function isBeingSetUp(pid: number): boolean {
  return readNow(`/proc/${pid}/stat`)?.includes("(runc:[") ?? false;
}

/** What was used before a move, and so is counted elsewhere. */
export interface Before {
  cpuMs: number;
  memoryBytes: number;
}

/**
 * Puts a process, and what it has started already, below each of its container's cgroups it is still in itself; undefined if in none.
 * `setUp`: it was the runtime's a moment ago.
 */
export function move(parents: string[], name: string, root: number, setUp: boolean): Before | undefined {
  let before: Before | undefined;
  try {
    for (const parent of parents) {
      const there = pidsIn(parent);
      if (!there.includes(root)) continue;
      const found = setUp && isBeingSetUp(root) ? [root] : there.filter((pid) => descends(pid, root));
      // What the runtime itself uses is not the command's.
      before ??= setUp ? { cpuMs: 0, memoryBytes: 0 } : usedBy(found);
      makeIfAbsent(`${parent}/${name}`);
      for (const pid of found) writeFileSync(`${parent}/${name}/cgroup.procs`, String(pid));
    }
  } catch (cause) {
    // The process or its container ended meanwhile.
    if (!["ESRCH", "ENOENT", "ENODEV"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
  }
  return before;
}

function usedBy(pids: number[]): Before {
  const nanos = pids.map((pid) => Number(readNow(`/proc/${pid}/schedstat`)?.split(" ")[0] ?? 0));
  const kibis = pids.map((pid) => Number(/^RssAnon:\s+(\d+)/m.exec(readNow(`/proc/${pid}/status`) ?? "")?.[1] ?? 0));
  const sum = (all: number[]) => all.reduce((total, one) => total + one, 0);
  return { cpuMs: sum(nanos) / 1e6, memoryBytes: sum(kibis) * 1024 };
}

/** Not with its parents: a container's cgroup that is gone must stay so. */
function makeIfAbsent(directory: string): void {
  try {
    mkdirSync(directory);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  }
}

function descends(pid: number, root: number): boolean {
  for (let at = pid; at > 1;) {
    if (at === root) return true;
    const stat = readNow(`/proc/${at}/stat`);
    at = stat === undefined ? 0 : Number(statFields(stat)[1]);
  }
  return false;
}

/** Also what earlier execs have left, whose last process ended after them, or whose worker was killed. */
export function removeEmpty(parent: string, except: ReadonlySet<string>): void {
  for (const name of childrenOf(parent)) {
    if (!name.startsWith("exec-") || except.has(name)) continue;
    try {
      rmdirSync(`${parent}/${name}`);
    } catch {
      // Something runs on in it, or it went with its container.
    }
  }
}
