import { observeContainer, type ContainerRow, type StopRequest } from "@hafen/db";
import type { ContainerInfo } from "@hafen/engine";
import type { HostCtx } from "../ctx.ts";
import { DEFAULT_GRACE_SECONDS } from "./stop.ts";

export type Step = "again" | "settled";

export function isAlive(info: ContainerInfo): boolean {
  return info.state === "running" || info.state === "paused" || info.state === "restarting";
}

/** The stop signal, and SIGKILL once the grace period is over, however often the stop is interrupted and begun again. */
export async function stop(
  ctx: HostCtx,
  row: ContainerRow,
  info: ContainerInfo,
  signal: AbortSignal | undefined,
): Promise<Step> {
  const request = await timed(ctx, row);
  if (request === "moved") return "again";
  const { signal: stopSignal, graceSeconds, killAt } = request ?? { graceSeconds: DEFAULT_GRACE_SECONDS };
  const leftMs = killAt === undefined ? graceSeconds * 1000 : Math.max(0, Date.parse(killAt) - Date.now());
  await ctx.engine.stopContainer(info.id, { stopSignal, graceSeconds: Math.ceil(leftMs / 1000), signal });
  return "again";
}

async function timed(ctx: HostCtx, row: ContainerRow): Promise<StopRequest | null | "moved"> {
  const request = row.stopRequest;
  if (request === null || request.killAt !== undefined || request.graceSeconds === 0) return request;
  const stopRequest = { ...request, killAt: new Date(Date.now() + request.graceSeconds * 1000).toISOString() };
  return (await observeContainer(ctx.db, row, { stopRequest })) ? stopRequest : "moved";
}
