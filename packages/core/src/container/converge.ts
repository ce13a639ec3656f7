import { containerById, observeContainer, type ContainerRow } from "@hafen/db";
import type { ContainerInfo } from "@hafen/engine";
import { EngineError } from "@hafen/engine/error";
import type { HostCtx } from "../ctx.ts";
import { create, type Made } from "./converge-create.ts";
import { finishRemoval } from "./converge-remove.ts";
import { observe, settleCreated, settleEnded, settleFailed, settleRunning, writeEnd } from "./observe.ts";
import { startRefused } from "./termination.ts";

/** More steps than any row needs; a row that goes round is left to the sweep rather than spun on. */
const MAX_STEPS = 12;
/** The engine answers but fails the same request this often: the row is `failed` with the engine's words. */
const MAX_FAILURES = 5;

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

type Step = "again" | "settled";

async function next(ctx: HostCtx, row: ContainerRow, signal: AbortSignal | undefined): Promise<Step> {
  // The engine answers nothing about a container whose files are being copied, for as long as that takes.
  ctx.transfers.interrupt(row.id);
  if (row.desired === "removed") {
    await ctx.engine.removeContainer(row.engineId ?? row.id, { signal });
    return (await finishRemoval(ctx, row)) ? "settled" : "again";
  }
  if (row.state === "failed") return "settled";
  if (row.engineId === null) {
    const made = await create(ctx, row);
    if (!made) return "again";
    // Found rather than made after a crash: it may have been started, and have ended, before.
    return start(ctx, made, await ctx.engine.inspectContainer(made.engineId, { signal }), signal);
  }

  const info = await ctx.engine.inspectContainer(row.engineId, { signal });
  if (!info)
    return (await settleFailed(
      ctx,
      row,
      "gone",
      "The container was removed on its host, not through Hafen.",
      "operator",
    ))
      ? "settled"
      : "again";
  if (row.desired === "running" && row.startDue)
    return start(ctx, { row, engineId: row.engineId, timings: {} }, info, signal);
  if (row.desired !== "running" && isAlive(info)) return stop(ctx, row, info, signal);
  return (await observe(ctx, row, info)) ? "settled" : "again";
}

/**
 * Makes a due start happen once. The engine's own start time tells whether it has: another one than the row's last means yes,
 * so a worker killed right after the engine's start does not start the container a second time.
 */
async function start(
  ctx: HostCtx,
  made: Made,
  info: ContainerInfo | undefined,
  signal: AbortSignal | undefined,
): Promise<Step> {
  const { row, engineId, timings } = made;
  if (!info) return "again";
  if (!row.startDue) return (await settleCreated(ctx, row, timings)) ? "settled" : "again";
  const startedBefore = info.startedAt !== undefined && info.startedAt !== row.engineStartedAt;
  if (isAlive(info)) {
    if (!startedBefore) return stop(ctx, row, info, signal);
    return (await settleRunning(ctx, row, info, timings)) ? "settled" : "again";
  }
  if (startedBefore) return (await settleEnded(ctx, row, info)) ? "settled" : "again";

  const began = performance.now();
  try {
    // Not interrupted: the engine would go on starting what a stop, which comes next, would see as not running.
    await ctx.engine.startContainer(engineId);
  } catch (error) {
    const refused =
      error instanceof EngineError && error.kind === "invalid" ? startRefused(error.message, new Date()) : undefined;
    if (!refused) throw error;
    return (await settleRefused(ctx, { ...row, engineId }, refused)) ? "settled" : "again";
  }
  const startMs = performance.now() - began;
  const now = await ctx.engine.inspectContainer(engineId, { signal });
  if (!now) return "again";
  const all = { ...timings, startMs };
  const written = isAlive(now) ? await settleRunning(ctx, row, now, all) : await settleEnded(ctx, row, now, all);
  return written ? "settled" : "again";
}

async function stop(
  ctx: HostCtx,
  row: ContainerRow,
  info: ContainerInfo,
  signal: AbortSignal | undefined,
): Promise<Step> {
  const { signal: stopSignal, graceSeconds = 10 } = row.stopRequest ?? {};
  await ctx.engine.stopContainer(info.id, { stopSignal, graceSeconds, signal });
  return "again";
}

function settleRefused(
  ctx: HostCtx,
  row: ContainerRow,
  termination: NonNullable<ContainerRow["termination"]>,
): Promise<boolean> {
  return writeEnd(ctx, row, {
    termination,
    exitCode: termination.exitCode ?? null,
    finishedAt: new Date(termination.at),
  });
}

function isAlive(info: ContainerInfo): boolean {
  return info.state === "running" || info.state === "paused" || info.state === "restarting";
}

/** Decides what an engine error means for the row. False: nothing was written, the caller passes it on and the sweep tries again. */
async function giveUp(ctx: HostCtx, row: ContainerRow, error: unknown): Promise<boolean> {
  if (!(error instanceof EngineError)) return false;
  switch (error.kind) {
    case "invalid":
    case "not_directory":
    case "read_only":
      return settleFailed(ctx, row, "refused", error.message);
    case "not_found":
      if (row.desired === "removed") return false;
      return settleFailed(
        ctx,
        row,
        "image_missing",
        `The host no longer has what the container needs: ${error.message}`,
        "image_missing",
      );
    case "no_space":
      return settleFailed(ctx, row, "disk_full", "The host's disk is full.", "disk_full");
    case "aborted":
      return false;
    case "conflict":
    case "unavailable": {
      const alive = await ctx.engine.info().then(
        () => true,
        () => false,
      );
      if (!alive) return false;
      const failures = row.failures + 1;
      if (failures >= MAX_FAILURES && row.desired !== "removed")
        return settleFailed(ctx, row, "engine_failed", `The engine failed ${failures} times: ${error.message}`);
      await observeContainer(ctx.db, row, { failures });
      return false;
    }
    default:
      return error.kind satisfies never;
  }
}
