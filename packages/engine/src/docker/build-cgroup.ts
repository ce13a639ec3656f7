import { existsSync } from "node:fs";
import { mkdir, readdir, realpath, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Limits } from "../engine.ts";
import { EngineError } from "../error.ts";
import { readIfThere } from "./proc-file.ts";

const ROOT = "/sys/fs/cgroup";
const PERIOD_US = 100_000;
const CONTAINER_ID = /^[0-9a-f]{64}$/;

/** The cgroup all containers of one build run in. The builder itself knows no limit of processes; this does. */
export interface BuildCgroup {
  /** It was there already: an earlier attempt at the build did not clear up. */
  existed: boolean;
  /** Ids of the containers that run in it now, from the kernel: no text of the build is believed here. */
  containerIds(): Promise<string[]>;
  /** The kernel killed something in it for memory, as far as it tells. */
  ranOutOfMemory(): Promise<boolean>;
  kill(): Promise<void>;
  /** Kills what is left and removes it from every hierarchy. */
  remove(): Promise<void>;
}

export function cpuQuota(limits: Limits): { periodUs: number; quotaUs: number } {
  return { periodUs: PERIOD_US, quotaUs: Math.round(limits.cpus * PERIOD_US) };
}

/** The cgroup that an earlier attempt left, if it did. */
export async function findBuildCgroup(path: string): Promise<Pick<BuildCgroup, "kill" | "remove"> | undefined> {
  checkPath(path);
  const unified = existsSync(join(ROOT, "cgroup.controllers"));
  if ((await directories(path, unified)).length === 0) return undefined;
  return ending(path, unified);
}

function ending(path: string, unified: boolean): Pick<BuildCgroup, "kill" | "remove"> {
  return {
    kill: async () => void (await killAll(await directories(path, unified))),
    remove: async () => removeAll(await directories(path, unified)),
  };
}

function checkPath(path: string): void {
  if (!/^(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*){2,}$/.test(path))
    throw new EngineError("invalid", `not a cgroup for one build: ${path}`);
}

export async function openBuildCgroup(path: string, limits: Limits): Promise<BuildCgroup> {
  checkPath(path);
  const unified = existsSync(join(ROOT, "cgroup.controllers"));
  const memory = unified ? join(ROOT, path) : join(ROOT, "memory", path);
  const killed = new Set<string>();
  const cgroup: BuildCgroup = {
    existed: (await directories(path, unified)).length > 0,
    containerIds: async () =>
      (await children(unified ? memory : join(ROOT, "pids", path))).filter((name) => CONTAINER_ID.test(name)),
    ranOutOfMemory: () => (unified ? killedFor(join(memory, "memory.events")) : outOfMemoryV1(memory, limits, killed)),
    ...ending(path, unified),
  };
  // What an earlier attempt at the same build left would run on inside the limits of this one.
  await cgroup.remove();
  try {
    await (unified ? limitV2(path, limits) : limitV1(path, limits));
  } catch (cause) {
    throw new EngineError("unavailable", `the build cannot be bounded: ${String(cause)}`, { cause });
  }
  return cgroup;
}

async function limitV1(path: string, limits: Limits): Promise<void> {
  const at = (controller: string) => join(ROOT, controller, path);
  for (const controller of ["pids", "memory", "cpu"]) await mkdir(at(controller), { recursive: true });
  const { periodUs, quotaUs } = cpuQuota(limits);
  await write(at("pids"), "pids.max", limits.pids);
  await write(at("memory"), "memory.limit_in_bytes", limits.memoryBytes);
  // Absent without swap accounting, and then there is no swap to bound.
  if (existsSync(join(at("memory"), "memory.memsw.limit_in_bytes")))
    await write(at("memory"), "memory.memsw.limit_in_bytes", limits.memoryBytes);
  await write(at("cpu"), "cpu.cfs_period_us", periodUs);
  await write(at("cpu"), "cpu.cfs_quota_us", quotaUs);
}

async function limitV2(path: string, limits: Limits): Promise<void> {
  const at = join(ROOT, path);
  await mkdir(at, { recursive: true });
  // Controllers are handed down level by level, from the root to the parent of this one.
  const above = ancestors(path).map((ancestor) => join(ROOT, ancestor));
  for (const directory of above) await write(directory, "cgroup.subtree_control", "+pids +memory +cpu");
  const { periodUs, quotaUs } = cpuQuota(limits);
  await write(at, "pids.max", limits.pids);
  await write(at, "memory.max", limits.memoryBytes);
  if (existsSync(join(at, "memory.swap.max"))) await write(at, "memory.swap.max", 0);
  await write(at, "cpu.max", `${quotaUs} ${periodUs}`);
}

function ancestors(path: string): string[] {
  const parent = dirname(path);
  return parent === "/" ? ["/"] : [...ancestors(parent), parent];
}

/**
 * Version 1 counts a kill in the container's own cgroup, which goes with the container. So each look adds what it sees,
 * and the peak of this one stays as evidence: memory was at its limit.
 */
async function outOfMemoryV1(memory: string, limits: Limits, seen: Set<string>): Promise<boolean> {
  const SLACK_BYTES = 1024 * 1024;
  for (const name of await children(memory))
    if (await killedFor(join(memory, name, "memory.oom_control"))) seen.add(name);
  const peakBytes = Number((await readIfThere(join(memory, "memory.max_usage_in_bytes"))) ?? 0);
  return seen.size > 0 || peakBytes >= limits.memoryBytes - SLACK_BYTES;
}

async function killedFor(file: string): Promise<boolean> {
  return Number(/^oom_kill (\d+)$/m.exec((await readIfThere(file)) ?? "")?.[1] ?? 0) > 0;
}

/** dockerd makes the cgroup in every hierarchy it knows, so all of them are looked through. */
async function directories(path: string, unified: boolean): Promise<string[]> {
  if (unified) return existsSync(join(ROOT, path)) ? [join(ROOT, path)] : [];
  const roots = await Promise.all((await readdir(ROOT)).map((name) => realpath(join(ROOT, name))));
  return [...new Set(roots)].map((root) => join(root, path)).filter((directory) => existsSync(directory));
}

async function killAll(roots: string[]): Promise<number> {
  let killed = 0;
  for (const directory of (await Promise.all(roots.map(deepestFirst))).flat()) {
    const pids = ((await readIfThere(join(directory, "cgroup.procs"))) ?? "")
      .split("\n")
      .filter((pid) => pid !== "" && pid !== "0");
    for (const pid of pids) killed += killOne(Number(pid));
  }
  return killed;
}

async function removeAll(roots: string[]): Promise<void> {
  const GIVE_UP_MS = 20_000;
  const giveUpAt = performance.now() + GIVE_UP_MS;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    await killAll(roots);
    const busy = (await Promise.all(roots.map(removeTree))).some((removed) => !removed);
    if (!busy) return;
    if (performance.now() > giveUpAt) throw new EngineError("unavailable", `cgroup ${roots[0]} stays busy`);
    await delay(pauseMs);
  }
}

async function removeTree(root: string): Promise<boolean> {
  for (const directory of await deepestFirst(root)) {
    try {
      await rmdir(directory);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === "EBUSY" || code === "ENOTEMPTY") return false;
      if (code !== "ENOENT") throw cause;
    }
  }
  return true;
}

async function deepestFirst(root: string): Promise<string[]> {
  const below = await Promise.all((await children(root)).map((name) => deepestFirst(join(root, name))));
  return [...below.flat(), root];
}

async function children(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
}

function killOne(pid: number): number {
  try {
    process.kill(pid, "SIGKILL");
    return 1;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
    return 0;
  }
}

async function write(directory: string, file: string, value: number | string): Promise<void> {
  await writeFile(join(directory, file), String(value));
}
