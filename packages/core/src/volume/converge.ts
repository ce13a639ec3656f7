import { insertEvent, moveVolume, volumeById, type VolumeRow } from "@hafen/db";
import { EngineError } from "@hafen/engine/error";
import type { HostCtx } from "../ctx.ts";
import { copyVolume } from "./copy.ts";

/** The host's half of a volume: gives a clone its data, and removes what is to go. */
export async function convergeVolume(ctx: HostCtx, id: string, signal: AbortSignal): Promise<void> {
  const row = await volumeById(ctx.db, id);
  if (!row || row.hostId !== ctx.hostId) return;
  try {
    if (row.state === "copying") await copyVolume(ctx, row, signal);
    if (row.state === "removing") await removeIt(ctx, row);
  } catch (error) {
    // Something still holds it, as the container of a copy whose worker was killed: the sweep comes again.
    if (!(error instanceof EngineError) || error.kind !== "conflict") throw error;
  }
}

async function removeIt(ctx: HostCtx, row: VolumeRow): Promise<void> {
  ctx.transfers.interrupt(row.id);
  if (ctx.transfers.isBusy(row.id)) return; // until it has let go; the sweep comes again
  await ctx.engine.removeVolume(row.id);
  await ctx.db.transaction(async (tx) => {
    const moved = await moveVolume(tx, row.id, ["removing"], "removed");
    if (moved?.anonymous)
      await insertEvent(tx, { userId: row.userId, type: "volume.removed", subject: row.id, data: { name: row.name } });
  });
}
