import type { ContainerRow } from "@hafen/db";
import type { ContainerInfo } from "@hafen/engine";
import type { HostCtx } from "../ctx.ts";

export type Step = "again" | "settled";

export function isAlive(info: ContainerInfo): boolean {
  return info.state === "running" || info.state === "paused" || info.state === "restarting";
}

export async function stop(
  ctx: HostCtx,
  row: ContainerRow,
  info: ContainerInfo,
  signal: AbortSignal | undefined,
): Promise<Step> {
  const { signal: stopSignal, graceSeconds = 10 } = row.stopRequest ?? {};
  await ctx.engine.stopContainer(info.id, { stopSignal, graceSeconds, signal });
  return "again";
}
