import type { ContainerStats, EngineId, Op, Traffic, Usage } from "../engine.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { checkedName, type Client, getJson } from "./client.ts";
import { absent } from "./containers.ts";

/** The engine's own figures, for containers whose cgroups are on another machine. */
export interface RawStats {
  read: string;
  cpu_stats: { cpu_usage: { total_usage: number }; online_cpus?: number };
  memory_stats: { usage?: number; max_usage?: number; limit?: number; stats?: Record<string, number> };
  pids_stats: { current?: number; limit?: number };
  blkio_stats: { io_service_bytes_recursive?: { op: string; value: number }[] | null };
  networks?: Record<string, { rx_bytes: number; tx_bytes: number }>;
}

/** Undefined for one that does not run: its figures then have no time. */
export async function engineStats(client: Client, id: EngineId, op?: Op): Promise<RawStats | undefined> {
  const raw = await call(`stats of ${id}`, DEADLINES_MS.ask, op, (abortSignal) =>
    getJson<RawStats>(
      client,
      `/containers/${checkedName(id)}/stats`,
      { stream: "false", "one-shot": "true" },
      abortSignal,
    ).catch(absent),
  );
  return raw && !raw.read.startsWith("0001-") ? raw : undefined;
}

export function toUsage({ cpu_stats, memory_stats, pids_stats }: RawStats): Usage {
  const { usage = 0, max_usage, stats = {} } = memory_stats;
  return {
    cpuMs: cpu_stats.cpu_usage.total_usage / 1e6,
    memoryBytes: Math.max(0, usage - (stats["total_inactive_file"] ?? stats["inactive_file"] ?? 0)),
    memoryPeakBytes: max_usage || undefined,
    pids: pids_stats.current ?? 0,
    oomKills: undefined,
  };
}

/** All but the cores in use, which take two samples, and their limit, which the engine leaves out. */
export function toStats(raw: RawStats): Omit<ContainerStats, "cpu"> & { cpuMs: number } {
  const { cpuMs, memoryBytes, memoryPeakBytes, pids } = toUsage(raw);
  const interfaces = Object.entries(raw.networks ?? {}).map(([name, { rx_bytes, tx_bytes }]) => ({
    name,
    receivedBytes: rx_bytes,
    sentBytes: tx_bytes,
  }));
  const moved = (wanted: string) =>
    (raw.blkio_stats.io_service_bytes_recursive ?? [])
      .filter(({ op }) => op.toLowerCase() === wanted)
      .reduce((sum, { value }) => sum + value, 0);
  return {
    atMs: Date.parse(raw.read),
    cpuMs,
    memory: { usedBytes: memoryBytes, limitBytes: raw.memory_stats.limit, peakBytes: memoryPeakBytes },
    network: { ...total(interfaces), interfaces },
    blockIo: { readBytes: moved("read"), writtenBytes: moved("write") },
    pids: { current: pids, limit: raw.pids_stats.limit || undefined },
  };
}

export function total(all: Traffic[]): Traffic {
  return {
    receivedBytes: all.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
    sentBytes: all.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
  };
}
