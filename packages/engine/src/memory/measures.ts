import { setTimeout as delay } from "node:timers/promises";
import type {
  Change,
  Changes,
  ContainerProcess,
  ContainerStats,
  EngineId,
  IsolationReport,
  Op,
  Usage,
} from "../engine.ts";
import { EngineError } from "../error.ts";
import { packTar } from "../tar.ts";
import { type Container, findContainer, getContainer, type World } from "./world.ts";

/** An engine without processes uses nothing; what it tells has the form of what the kernel would. */
const FIRST_MS = 20;
const EVERY_MS = 1_000;

function getRunning(world: World, id: EngineId): Container {
  const container = getContainer(world, id);
  if (!container.process) throw new EngineError("conflict", `container ${id} is not running`);
  return container;
}

export function usage(world: World, id: EngineId): Usage | undefined {
  if (!findContainer(world, id)?.process) return undefined;
  return { cpuMs: 0, memoryBytes: 0, memoryPeakBytes: 0, pids: 1, oomKills: 0 };
}

export async function* stats(world: World, id: EngineId, op?: Op): AsyncGenerator<ContainerStats, void, undefined> {
  const { process: first } = getRunning(world, id);
  for (let pauseMs = FIRST_MS; ; pauseMs = EVERY_MS) {
    await delay(pauseMs, undefined, { signal: op?.signal }).catch((cause: unknown) => {
      throw new EngineError("aborted", `stats of ${id}: aborted`, { cause });
    });
    const container = findContainer(world, id);
    if (!container?.process || container.process !== first) return;
    const { cpus, memoryBytes, pids } = container.spec.limits;
    yield {
      atMs: Date.now(),
      cpu: { totalMs: 0, cores: 0, limitCores: cpus },
      memory: { usedBytes: 0, limitBytes: memoryBytes, peakBytes: 0 },
      network: { receivedBytes: 0, sentBytes: 0, interfaces: [] },
      blockIo: { readBytes: 0, writtenBytes: 0 },
      pids: { current: 1, limit: pids },
    };
  }
}

export function top(world: World, id: EngineId): ContainerProcess[] {
  const { info, command } = getRunning(world, id);
  return [
    {
      pid: 1,
      parentPid: 0,
      uid: 0,
      state: "S",
      startedAtMs: Date.parse(info.startedAt ?? ""),
      cpuMs: 0,
      residentBytes: 0,
      command: [...command],
      name: command[0] ?? "",
    },
  ];
}

export function changes(world: World, id: EngineId): Changes {
  const { files, info } = getContainer(world, id);
  const before = world.images.get(info.imageId)?.files ?? new Map<string, Uint8Array>();
  const kindOf = (path: string): Change["kind"] => (before.has(path) ? "changed" : "added");
  const there = [...files].flatMap(([path, data]) => (before.get(path) === data ? [] : { kind: kindOf(path), path }));
  const gone = [...before.keys()].flatMap((path) => (files.has(path) ? [] : { kind: "deleted" as const, path }));
  return { changes: [...there, ...gone], truncated: false };
}

export async function* exportContainer(world: World, id: EngineId): AsyncGenerator<Uint8Array, void, undefined> {
  const { files } = getContainer(world, id);
  yield packTar(new Map([...files].map(([path, data]) => [path.replace(/^\//, ""), data])));
}

export function isolation(world: World, id: EngineId): IsolationReport {
  const { spec } = getRunning(world, id);
  const { capabilities } = spec.isolation;
  const PERIOD_US = 100_000;
  return {
    runtime: "memory",
    namespaces: [],
    uidMap: [],
    gidMap: [],
    cgroup: {
      version: 2,
      controllers: [],
      memory: { limitBytes: spec.limits.memoryBytes, usedBytes: 0, peakBytes: 0 },
      swap: undefined,
      cpu: { quotaUs: spec.limits.cpus * PERIOD_US, periodUs: PERIOD_US, usedMs: 0, throttledMs: 0 },
      pids: { limit: spec.limits.pids, current: 1, peak: 1 },
      oomKills: 0,
      blockIo: { readBytes: 0, writtenBytes: 0 },
    },
    capabilities: {
      effective: [...capabilities],
      permitted: [...capabilities],
      inheritable: [],
      bounding: [...capabilities],
      ambient: [],
    },
    noNewPrivileges: true,
    seccomp: { mode: "filter", filters: 1 },
    lsmLabel: undefined,
    openFiles: { soft: spec.openFiles, hard: spec.openFiles },
    mounts: spec.mounts.map(({ target, type }) => ({ target, type, options: [] })),
    network: { interfaces: [], firewall: [], firewallUnknown: undefined },
  };
}
