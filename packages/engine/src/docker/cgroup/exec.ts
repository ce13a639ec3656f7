import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { ExecAccount } from "../../engine.ts";
import { signal } from "../process-tree.ts";
import { keyed, pidsIn, readNow } from "../proc-file.ts";
import { type Before, isBeingSetUp, move, removeEmpty } from "./exec-moves.ts";
import type { ContainerCgroup } from "./find.ts";
import { awaitStart } from "./starts.ts";

const SETTLE_MS = 2;
/** Longer than the runtime needs on a busy machine. A command may bear its name, and is then no more than looked at too often. */
const SETTLE_WITHIN_MS = 5_000;
/** Before the engine is asked for a process when nothing at all was seen; each next pause is twice as long. */
const LATE_MS = 400;
const LATEST_MS = 10_000;
const KILL_WITHIN_MS = 10_000;
/** Of execs that are open: their directories stay, also while they are empty. */
const open = new Set<string>();

/**
 * A cgroup of the exec's own below its container's, in the tree that counts processor time and in the one that counts memory. What
 * the command starts stays in it, whoever its parent becomes.
 */
export interface ExecCgroup {
  /** `exitCode`: what the command ended with. */
  account(exitCode: number | undefined): ExecAccount;
  /** SIGKILL to all that is in it, until nothing is. False when nothing was ever put there. */
  kill(): Promise<boolean>;
  /** Forgets it, and removes it unless something runs on in it: then it goes with the container. */
  close(): void;
}

/**
 * To be called before the exec starts. `pidOf` asks the engine for its process, for when its start was missed: 0 until there is one,
 * undefined once it has ended.
 */
export function openExecCgroup(
  container: ContainerCgroup,
  execId: string,
  pidOf: () => Promise<number | undefined>,
): ExecCgroup {
  const time = container.unified ?? container.at.cpuacct ?? "";
  const memory = container.version === 1 ? container.at.memory : undefined;
  const parents = memory === undefined ? [time] : [time, memory];
  const name = `exec-${execId.slice(0, 16)}`;
  const [inTime = "", inMemory] = parents.map((parent) => `${parent}/${name}`);
  const containerKills = memory === undefined ? `${time}/memory.events` : `${memory}/memory.oom_control`;
  const killsBefore = kills(containerKills);
  const others = new Set(pidsIn(time));
  let before: Before | undefined;
  let begun = false;
  let settling = false;
  let closed = false;
  let startMs = 0;

  /** Whether the runtime has still to do with it. */
  const step = (pid: number): boolean => {
    const setUp = isBeingSetUp(pid);
    const moved = move(parents, name, { pid, others }, setUp);
    before ??= moved;
    begun ||= moved?.begun ?? false;
    // What the runtime itself uses on the way is not the command's.
    if (setUp) startMs = cpuMsOf(inTime);
    return setUp;
  };
  /** The runtime writes the process into one tree after the other, perhaps also into one that we have moved it in already. */
  const settle = async (pid: number) => {
    if (settling) return void step(pid);
    settling = true;
    const began = performance.now();
    while (step(pid) && !closed) {
      const elapsedMs = performance.now() - began;
      if (elapsedMs > SETTLE_WITHIN_MS) break;
      await delay(Math.max(SETTLE_MS, elapsedMs / 10));
    }
    settling = false;
    if (before) stopWaiting();
  };
  let late: NodeJS.Timeout;
  const askLater = (pauseMs: number) => {
    clearTimeout(late);
    late = setTimeout(() => void ask(pauseMs).catch(() => {}), pauseMs).unref();
  };
  const ask = async (pauseMs: number): Promise<void> => {
    const pid = await pidOf();
    if (before || closed) return;
    if (pid === undefined) return stopWaiting();
    if (pid > 0) await settle(pid);
    if (!before) askLater(Math.min(pauseMs * 2, LATEST_MS));
  };
  const waiter = {
    found: (pid: number) => void settle(pid).catch(() => {}),
    perhaps: () => askLater(SETTLE_MS),
  };
  const waits = parents.map((parent) => awaitStart(parent, execId, waiter));
  const stopWaiting = () => waits.forEach((stop) => stop());
  askLater(LATE_MS);
  open.add(name);

  return {
    account(exitCode) {
      const cpuMs = (before?.cpuMs ?? 0) + cpuMsOf(inTime) - startMs;
      const counted = cpuMs > 0;
      const whole = counted && !begun && inMemory !== undefined;
      return {
        cpuMs: counted ? cpuMs : undefined,
        peakMemoryBytes: whole ? Number(readNow(`${inMemory}/memory.max_usage_in_bytes`)) || undefined : undefined,
        oomKilled: wasKilled(counted, exitCode),
      };
    },
    async kill() {
      if (before) await killAll(inTime);
      return before !== undefined;
    },
    close() {
      closed = true;
      stopWaiting();
      clearTimeout(late);
      open.delete(name);
      for (const parent of parents) removeEmpty(parent, open);
    },
  };

  /** Version 1 counts a kill where its victim was. In the container's own count it was this one's if it ended by SIGKILL meanwhile. */
  function wasKilled(counted: boolean, exitCode: number | undefined): boolean | undefined {
    if (inMemory !== undefined) {
      if ((kills(`${inMemory}/memory.oom_control`) ?? 0) > 0) return true;
      if (counted) return false;
    }
    if (kills(containerKills) === killsBefore) return false;
    return exitCode === 137 ? true : undefined;
  }
}

function kills(file: string): number | undefined {
  return keyed(readNow(file), "oom_kill");
}

function cpuMsOf(directory: string): number {
  const micros = keyed(readNow(`${directory}/cpu.stat`), "usage_usec");
  return micros === undefined ? Number(readNow(`${directory}/cpuacct.usage`) ?? 0) / 1e6 : micros / 1e3;
}

/** Version 2 ends all at once, what is forking too; version 1 is asked until nobody is left. */
async function killAll(directory: string): Promise<void> {
  const giveUpAt = performance.now() + KILL_WITHIN_MS;
  await writeFile(`${directory}/cgroup.kill`, "1").catch(() => {}); // version 1, or Linux before 5.14
  for (let pids = pidsIn(directory); pids.length > 0 && performance.now() < giveUpAt; pids = pidsIn(directory)) {
    for (const pid of pids) signal(pid, "SIGKILL");
    await delay(SETTLE_MS);
  }
}
