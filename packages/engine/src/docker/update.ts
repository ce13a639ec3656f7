import type { EngineId, Limits, Op } from "../engine.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { checkedName, type Client } from "./client.ts";
import { UPDATING } from "./errors.ts";
import { cpuShares } from "./host-config.ts";

/** All of them at once: what an update leaves out the engine keeps, and a memory limit alone may not pass that of swap. */
export async function updateContainer(client: Client, id: EngineId, limits: Limits, op?: Op): Promise<void> {
  const options = {
    Memory: limits.memoryBytes,
    MemorySwap: limits.memoryBytes,
    NanoCpus: Math.round(limits.cpus * 1e9),
    CpuShares: cpuShares(limits),
    PidsLimit: limits.pids,
  };
  const container = client.docker.getContainer(checkedName(id));
  const update = (abortSignal: AbortSignal) => container.update({ ...options, abortSignal });
  await call(`update ${id}`, DEADLINES_MS.change, op, update, UPDATING);
}
