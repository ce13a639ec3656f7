import { settled } from "@hafen/contract";
import { containerById, restartDueMs, type ContainerRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { create } from "./converge-create.ts";
import { applyLimits } from "./converge-limits.ts";
import { finishRemoval } from "./converge-remove.ts";
import { start } from "./converge-start.ts";
import { isAlive, stop, type Step } from "./converge-stop.ts";
import { tidySecrets } from "./converge-secrets.ts";
import { giveUp } from "./give-up.ts";
import { observe, settleFailed } from "./observe.ts";

/** More steps than any row needs; a row that goes round is left to the sweep rather than spun on. */
const MAX_STEPS = 12;
/** How long a row at rest, or a restart that is due, lets copies of its files go on. */
const COPIES_MS = 10_000;

/**
 * Brings one container to what its row says it should be: reads the row, looks at the engine, takes the next step, writes what it
 * saw if the row still has the generation it read, and repeats until both agree. Safe to run twice, late, after a crash and
 * for a row that needs nothing. The caller sees to it that one process runs it once at a time for a container.
 *
 * @throws EngineError `unavailable` when the engine does not answer: the sweep tries again.
 */
export async function convergeContainer(ctx: HostCtx, id: string, signal?: AbortSignal): Promise<void> {
  for (let step = 0; step < MAX_STEPS; step++) {
    signal?.throwIfAborted();
    const row = await containerById(ctx.db, id);
    if (!row || row.state === "removed" || row.hostId !== ctx.hostId) return;
    try {
      if ((await next(ctx, row, signal)) === "settled") return;
    } catch (error) {
      if (!(await giveUp(ctx, row, error))) throw error;
    }
  }
}

async function next(ctx: HostCtx, row: ContainerRow, signal: AbortSignal | undefined): Promise<Step> {
  if (ctx.transfers.isBusy(row.id) && !(await copiesGiveWay(ctx, row, signal))) return "settled";
  if (row.desired === "removed") {
    await ctx.engine.removeContainer(row.engineId ?? row.id, { signal });
    if (row.config.hasSecrets) await ctx.engine.removeSecretFiles(row.id);
    return (await finishRemoval(ctx, row)) ? "settled" : "again";
  }
  if (row.state === "failed") {
    const left = await ctx.engine.inspectContainer(row.engineId ?? row.id, { signal });
    if (left && isAlive(left)) await stop(ctx, row, left, signal);
    return "settled";
  }
  if (row.engineId === null) {
    const made = await create(ctx, row);
    if (!made) return "again";
    // Found rather than made after a crash: it may have been started, and have ended, before.
    return start(ctx, made, await ctx.engine.inspectContainer(made.engineId, { signal }), signal);
  }

  const info = await ctx.engine.inspectContainer(row.engineId, { signal });
  if (!info) {
    const detail = "The container was removed on its host, not through Hafen.";
    return (await settleFailed(ctx, row, "gone", detail, "operator")) ? "settled" : "again";
  }
  await tidySecrets(ctx, row);
  if (row.pendingLimits) {
    await applyLimits(ctx, row, info.id, row.pendingLimits);
    return "again";
  }
  if (row.desired === "running" && row.startDue)
    return start(ctx, { row, engineId: row.engineId, timings: {} }, info, signal);
  if (row.desired === "running" && row.state === "restarting" && (await restartDueMs(ctx.db, row.id)) <= 0)
    return start(ctx, { row: { ...row, startDue: true }, engineId: row.engineId, timings: {} }, info, signal);
  if ((row.desired === "exited" || row.desired === "created") && isAlive(info)) return stop(ctx, row, info, signal);
  // Only where a request has asked for it: what somebody on the host pauses, or lets go on, is followed.
  if (row.desired === "paused" && row.state === "running" && info.state === "running") {
    await ctx.engine.pauseContainer(info.id, { signal });
    return "again";
  }
  if (row.desired === "running" && row.state === "paused" && info.state === "paused") {
    await ctx.engine.unpauseContainer(info.id, { signal });
    return "again";
  }
  return (await observe(ctx, row, info)) ? "settled" : "again";
}

/**
 * The engine answers nothing about a container whose files are being copied. What is asked of the container interrupts the copies; a row at
 * rest lets them end, and one that takes longer is looked at again by the sweep. False: not now.
 */
async function copiesGiveWay(ctx: HostCtx, row: ContainerRow, signal: AbortSignal | undefined): Promise<boolean> {
  if (settled(row)) {
    if (await ctx.transfers.quiet(row.id, COPIES_MS, signal)) return true;
    const isDue = row.state === "restarting" && (await restartDueMs(ctx.db, row.id)) <= 0;
    if (!isDue) return false;
  }
  ctx.transfers.interrupt(row.id);
  return true;
}
