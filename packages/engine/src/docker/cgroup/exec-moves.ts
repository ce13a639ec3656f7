import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { childrenOf, isGone, pidsIn, readNow, statFields } from "../proc-file.ts";

/** All of it is synchronous, so that no exec removes what another is about to fill. */

/** The runtime's last step before the command: by then the process is where it will run. */
export function isBeingSetUp(pid: number): boolean {
  return readNow(`/proc/${pid}/stat`)?.includes("(runc:[") ?? false;
}

/** What came before a move, and so is counted elsewhere. */
export interface Before {
  cpuMs: number;
  /** Something of the command's own: what it holds already stays counted where it was. */
  begun: boolean;
}

/** One that is just ending cannot be moved, and may be listed for a while. */
const MAX_ROUNDS = 20;

/** A command's first process, and those of its container that were there before it and so are none of its own. */
export interface Root {
  pid: number;
  others: ReadonlySet<number>;
}

/**
 * Puts a process, and all it has started, below each of its container's cgroups that they still are in themselves; undefined when none
 * is. `setUp`: it was the runtime's a moment ago, and has started nothing.
 */
export function move(parents: string[], name: string, root: Root, setUp: boolean): Before | undefined {
  let before: Before | undefined;
  try {
    for (const parent of parents) {
      // Looked at again after each move: a process that was not moved yet may have started another meanwhile.
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const found = outside(parent, root, setUp);
        if (found.length === 0) break;
        // What the runtime itself uses is not the command's.
        before ??= setUp ? { cpuMs: 0, begun: false } : { cpuMs: usedBy(found), begun: true };
        makeIfAbsent(`${parent}/${name}`);
        for (const pid of found) moveOne(`${parent}/${name}`, pid);
      }
    }
  } catch (cause) {
    if (!isGone(cause)) throw cause; // its container ended meanwhile
  }
  return before;
}

function outside(parent: string, { pid: root, others }: Root, setUp: boolean): number[] {
  const there = pidsIn(parent);
  if (setUp) return there.filter((pid) => pid === root);
  return there.filter((pid) => !others.has(pid) && descends(pid, root) && !hasEnded(pid));
}

function moveOne(directory: string, pid: number): void {
  try {
    writeFileSync(`${directory}/cgroup.procs`, String(pid));
  } catch (cause) {
    if (!isGone(cause) || !existsSync(directory)) throw cause;
  }
}

/** Nothing that has ended can be moved, and its number stays until it is asked for. */
function hasEnded(pid: number): boolean {
  const stat = readNow(`/proc/${pid}/stat`);
  return stat === undefined || ["Z", "X"].includes(statFields(stat)[0] ?? "");
}

function usedBy(pids: number[]): number {
  const nanos = pids.map((pid) => Number(readNow(`/proc/${pid}/schedstat`)?.split(" ")[0] ?? 0));
  return nanos.reduce((total, one) => total + one, 0) / 1e6;
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
