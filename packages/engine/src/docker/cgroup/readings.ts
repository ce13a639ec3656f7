import type { BlockIo } from "../../engine.ts";
import { childrenOf, keyed, quantity, readIfThere } from "../proc-file.ts";
import type { ContainerCgroup, Controller } from "./find.ts";

/** What the kernel counts for a container and all below it, in one vocabulary for both versions. Undefined: no limit, or not kept. */

async function read({ at }: ContainerCgroup, controller: Controller, file: string): Promise<string | undefined> {
  const directory = at[controller];
  return directory === undefined ? undefined : readIfThere(`${directory}/${file}`);
}

/** The first of these files that is there: their names differ by version. */
async function number(cgroup: ContainerCgroup, controller: Controller, v1: string, v2: string) {
  return quantity(await read(cgroup, controller, cgroup.version === 1 ? v1 : v2));
}

export async function cpuMs(cgroup: ContainerCgroup): Promise<number> {
  if (cgroup.version === 2) return (keyed(await read(cgroup, "cpu", "cpu.stat"), "usage_usec") ?? 0) / 1e3;
  return (quantity(await read(cgroup, "cpuacct", "cpuacct.usage")) ?? 0) / 1e6;
}

export async function throttledMs(cgroup: ContainerCgroup): Promise<number> {
  const text = await read(cgroup, "cpu", "cpu.stat");
  if (cgroup.version === 2) return (keyed(text, "throttled_usec") ?? 0) / 1e3;
  return (keyed(text, "throttled_time") ?? 0) / 1e6;
}

export interface CpuLimit {
  quotaUs: number | undefined;
  periodUs: number;
}
const DEFAULT_PERIOD_US = 100_000;
export async function cpuLimit(cgroup: ContainerCgroup): Promise<CpuLimit> {
  if (cgroup.version === 2) {
    const [quota, period] = (await read(cgroup, "cpu", "cpu.max"))?.split(" ") ?? [];
    return { quotaUs: quantity(quota), periodUs: quantity(period) ?? DEFAULT_PERIOD_US };
  }
  const quotaUs = quantity(await read(cgroup, "cpu", "cpu.cfs_quota_us"));
  const periodUs = quantity(await read(cgroup, "cpu", "cpu.cfs_period_us")) ?? DEFAULT_PERIOD_US;
  return { quotaUs: quotaUs === undefined || quotaUs < 0 ? undefined : quotaUs, periodUs };
}

export async function memoryUsed(cgroup: ContainerCgroup): Promise<number> {
  const [all = 0, text] = await Promise.all([
    number(cgroup, "memory", "memory.usage_in_bytes", "memory.current"),
    read(cgroup, "memory", "memory.stat"),
  ]);
  return Math.max(0, all - (keyed(text, cgroup.version === 1 ? "total_inactive_file" : "inactive_file") ?? 0));
}

export function memoryPeak(cgroup: ContainerCgroup): Promise<number | undefined> {
  return number(cgroup, "memory", "memory.max_usage_in_bytes", "memory.peak");
}

export function memoryLimit(cgroup: ContainerCgroup): Promise<number | undefined> {
  return number(cgroup, "memory", "memory.limit_in_bytes", "memory.max");
}

/** Of memory and swap together; undefined where the kernel does not account for swap. */
export async function swap(
  cgroup: ContainerCgroup,
): Promise<{ limitBytes: number | undefined; usedBytes: number } | undefined> {
  if (cgroup.version === 1) {
    const usedBytes = quantity(await read(cgroup, "memory", "memory.memsw.usage_in_bytes"));
    const limitBytes = quantity(await read(cgroup, "memory", "memory.memsw.limit_in_bytes"));
    return usedBytes === undefined ? undefined : { limitBytes, usedBytes };
  }
  const swapped = quantity(await read(cgroup, "memory", "memory.swap.current"));
  if (swapped === undefined) return undefined;
  const usedBytes = swapped + (quantity(await read(cgroup, "memory", "memory.current")) ?? 0);
  const swapLimit = quantity(await read(cgroup, "memory", "memory.swap.max"));
  const limit = await memoryLimit(cgroup);
  return { limitBytes: swapLimit === undefined || limit === undefined ? undefined : swapLimit + limit, usedBytes };
}

/** Version 1 counts a kill where the victim was, so the cgroups of execs are asked too. */
export async function oomKills(cgroup: ContainerCgroup): Promise<number> {
  const { memory = "" } = cgroup.at;
  if (cgroup.version === 2) return keyed(await readIfThere(`${memory}/memory.events`), "oom_kill") ?? 0;
  const directories = [memory, ...childrenOf(memory).map((name) => `${memory}/${name}`)];
  const counts = directories.map(async (at) => keyed(await readIfThere(`${at}/memory.oom_control`), "oom_kill") ?? 0);
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

export async function pidsNow(cgroup: ContainerCgroup): Promise<number> {
  return quantity(await read(cgroup, "pids", "pids.current")) ?? 0;
}

export async function pidsLimit(cgroup: ContainerCgroup): Promise<number | undefined> {
  return quantity(await read(cgroup, "pids", "pids.max"));
}

/** Kept from Linux 6.1 on. */
export async function pidsPeak(cgroup: ContainerCgroup): Promise<number | undefined> {
  return quantity(await read(cgroup, "pids", "pids.peak"));
}

export async function blockIo(cgroup: ContainerCgroup): Promise<BlockIo> {
  const text = cgroup.version === 2 ? await read(cgroup, "blkio", "io.stat") : await bytesV1(cgroup);
  const sum = (pattern: RegExp) =>
    [...(text ?? "").matchAll(pattern)].reduce((all, [, bytes]) => all + Number(bytes), 0);
  if (cgroup.version === 2) return { readBytes: sum(/\brbytes=(\d+)/g), writtenBytes: sum(/\bwbytes=(\d+)/g) };
  return { readBytes: sum(/ Read (\d+)/g), writtenBytes: sum(/ Write (\d+)/g) };
}

/** Which scheduler counts depends on the disk: the throttle layer sees all, where it is there. */
async function bytesV1(cgroup: ContainerCgroup): Promise<string | undefined> {
  return (
    (await read(cgroup, "blkio", "blkio.throttle.io_service_bytes_recursive")) ??
    (await read(cgroup, "blkio", "blkio.io_service_bytes_recursive"))
  );
}
