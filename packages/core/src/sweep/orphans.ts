import { containerById, volumeById } from "@hafen/db";
import type { ContainerSummary } from "@hafen/engine";
import type { HostCtx } from "../ctx.ts";

/** For what nobody asked to stop and nobody can ask to start again. */
const GRACE_SECONDS = 10;

/**
 * Whether what the engine has and no row of this host claims is surely ours to drop: its row says that it goes, or it holds nothing.
 * Anything else may be all there is of somebody's data, as where the database was restored from a backup.
 */
export async function isOurVolume(ctx: HostCtx, id: string): Promise<boolean> {
  const row = await volumeById(ctx.db, id);
  return row?.state === "removed" || (await ctx.engine.isVolumeEmpty(id));
}

/** What it wrote is kept in it; it does not run on, since no row counts it or could end it. */
export async function isOurContainer(ctx: HostCtx, { id, name, state }: ContainerSummary): Promise<boolean> {
  if (await containerById(ctx.db, name)) return true;
  if (state !== "created" && state !== "exited" && state !== "dead")
    await ctx.engine.stopContainer(id, { graceSeconds: GRACE_SECONDS });
  return false;
}
