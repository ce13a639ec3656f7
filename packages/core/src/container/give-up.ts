import type { Cause } from "@hafen/contract";
import { observeContainer, type ContainerRow } from "@hafen/db";
import { EngineError } from "@hafen/engine/error";
import type { HostCtx } from "../ctx.ts";
import { dropLimits } from "./converge-limits.ts";
import { isAlive } from "./converge-stop.ts";
import { settleAsSeen, settleFailed } from "./observe.ts";

/** The engine answers but fails the same request this often: no more is tried of what may be left undone. */
const MAX_FAILURES = 5;

/** Decides what an engine error means for the row. False: nothing was settled, the caller passes it on and the sweep tries again. */
export async function giveUp(ctx: HostCtx, row: ContainerRow, error: unknown): Promise<boolean> {
  if (!(error instanceof EngineError)) return false;
  switch (error.kind) {
    case "invalid":
    case "not_directory":
    case "read_only":
      return leaveUndone(ctx, row, "refused", error.message);
    case "not_found":
      return leaveUndone(
        ctx,
        row,
        "image_missing",
        `The host no longer has what the container needs: ${error.message}`,
        "image_missing",
      );
    case "no_space":
      return leaveUndone(ctx, row, "disk_full", "The host's disk is full.", "disk_full");
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
      const detail = `The engine failed ${failures} times: ${error.message}`;
      if (failures >= MAX_FAILURES && (await leaveUndone(ctx, row, "engine_failed", detail))) return true;
      await observeContainer(ctx.db, row, { failures });
      return false;
    }
    default:
      return error.kind satisfies never;
  }
}

/**
 * Limits are dropped, a pause or its end too, and what cannot be made or started is `failed`: never while a process of it runs. False for a
 * stop or a removal: those are tried for ever, and what runs goes on counting until then.
 */
async function leaveUndone(
  ctx: HostCtx,
  row: ContainerRow,
  code: string,
  detail: string,
  cause?: Cause,
): Promise<boolean> {
  if (row.desired === "removed" || row.state === "failed") return false;
  if (row.pendingLimits && row.engineId !== null) return dropLimits(ctx, row, detail);
  const info = await ctx.engine.inspectContainer(row.engineId ?? row.id);
  if (!info && row.engineId !== null) return false; // the next converge tells that it is gone
  if (info && isAlive(info)) {
    const isToRun = row.desired === "running" || row.desired === "paused";
    return isToRun && !row.startDue && row.desired !== info.state && settleAsSeen(ctx, row, info, detail);
  }
  return row.desired === "running" || row.engineId === null ? settleFailed(ctx, row, code, detail, cause) : false;
}
