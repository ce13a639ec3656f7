import { setTimeout as delay } from "node:timers/promises";
import type { ContainerStats, EngineId, Op, Usage } from "../engine.ts";
import { EngineError } from "../error.ts";
import { type ContainerCgroup, findCgroup, holds } from "./cgroup/find.ts";
import * as readings from "./cgroup/readings.ts";
import type { Client } from "./client.ts";
import { requireContainer } from "./containers.ts";
import { engineStats, toStats, total, toUsage } from "./engine-stats.ts";
import { readIfThere } from "./proc-file.ts";

/** Between the two readings that the first sample is made of. */
const FIRST_MS = 200;
const EVERY_MS = 1_000;

export async function usage(client: Client, id: EngineId, op?: Op): Promise<Usage | undefined> {
  const cgroup = await findCgroup(client, id, op);
  if (!cgroup) {
    const raw = await engineStats(client, id, op);
    return raw && toUsage(raw);
  }
  const [cpuMs, memoryBytes, memoryPeakBytes, pids, oomKills] = await Promise.all([
    readings.cpuMs(cgroup),
    readings.memoryUsed(cgroup),
    readings.memoryPeak(cgroup),
    readings.pidsNow(cgroup),
    readings.oomKills(cgroup),
  ]);
  // It ended meanwhile, and what was read may be of nothing.
  if (!(await holds(cgroup))) return undefined;
  return { cpuMs, memoryBytes, memoryPeakBytes, pids, oomKills };
}

type Sample = Omit<ContainerStats, "cpu"> & { cpuMs: number; limitCores: number | undefined };

export async function* stats(client: Client, id: EngineId, op?: Op): AsyncGenerator<ContainerStats, void, undefined> {
  let before = await sample(client, id, op);
  if (!before) {
    await requireContainer(client, id, op);
    throw new EngineError("conflict", `container ${id} is not running`);
  }
  for (let pauseMs = FIRST_MS; ; pauseMs = EVERY_MS) {
    await pause(pauseMs, `stats of ${id}`, op);
    const now = await sample(client, id, op);
    if (!now) return;
    const { cpuMs, limitCores, ...rest } = now;
    // A start in between begins the count anew.
    const cores = Math.max(0, (cpuMs - before.cpuMs) / Math.max(1, now.atMs - before.atMs));
    yield { ...rest, cpu: { totalMs: cpuMs, cores, limitCores } };
    before = now;
  }
}

async function sample(client: Client, id: EngineId, op?: Op): Promise<Sample | undefined> {
  const cgroup = await findCgroup(client, id, op);
  if (cgroup) return fromKernel(cgroup);
  const raw = await engineStats(client, id, op);
  return raw && { ...toStats(raw), limitCores: undefined };
}

async function fromKernel(cgroup: ContainerCgroup): Promise<Sample | undefined> {
  const [cpuMs, { quotaUs, periodUs }, usedBytes, limitBytes, peakBytes, interfaces, blockIo, current, limit] =
    await Promise.all([
      readings.cpuMs(cgroup),
      readings.cpuLimit(cgroup),
      readings.memoryUsed(cgroup),
      readings.memoryLimit(cgroup),
      readings.memoryPeak(cgroup),
      traffic(cgroup.pid),
      readings.blockIo(cgroup),
      readings.pidsNow(cgroup),
      readings.pidsLimit(cgroup),
    ]);
  if (!(await holds(cgroup))) return undefined;
  return {
    atMs: Date.now(),
    cpuMs,
    limitCores: quotaUs === undefined ? undefined : quotaUs / periodUs,
    memory: { usedBytes, limitBytes, peakBytes },
    network: { ...total(interfaces), interfaces },
    blockIo,
    pids: { current, limit },
  };
}

/** Of the interfaces in the network namespace of a process; the loopback carries nothing in or out. */
async function traffic(pid: number): Promise<ContainerStats["network"]["interfaces"]> {
  const text = (await readIfThere(`/proc/${pid}/net/dev`)) ?? "";
  return text.split("\n").flatMap((line) => {
    const [, name, counts = ""] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || name === "lo") return [];
    const fields = counts.split(/\s+/).map(Number);
    return [{ name, receivedBytes: fields[0] ?? 0, sentBytes: fields[8] ?? 0 }];
  });
}

async function pause(ms: number, what: string, op?: Op): Promise<void> {
  try {
    await delay(ms, undefined, { signal: op?.signal });
  } catch (cause) {
    throw new EngineError("aborted", `${what}: aborted`, { cause });
  }
}
