import { ProblemError } from "@hafen/contract";
import { insertEvent, lockVolume, mountersOf, moveVolume, readUntil, volumeById, type VolumeRow } from "@hafen/db";
import { EngineError } from "@hafen/engine/error";
import type { AskCtx, Ctx, HostCtx } from "../ctx.ts";
import { record } from "../record.ts";
import { getVolume } from "./create.ts";

/**
 * Refused while a container mounts it, also one that does not run: its data would be gone at the next start. `refuse` may have more
 * against it; while it looks nobody can begin to mount the volume.
 */
export async function removeVolume(
  ctx: AskCtx,
  ref: string,
  refuse?: (volume: VolumeRow) => Promise<void>,
): Promise<VolumeRow> {
  const { userId } = ctx.actor;
  const { id } = await getVolume(ctx.db, userId, ref);
  const row = await ctx.db.transaction(async (tx) => {
    const volume = await lockVolume(tx, id);
    if (!volume || volume.state === "removed") throw new ProblemError("volume_not_found", `You have no volume ${ref}.`);
    if (volume.state === "removing") return volume;
    const mounters = await mountersOf(tx, [id]);
    if (mounters.length > 0) {
      const names = mounters.map((mounter) => mounter.name).join(", ");
      throw new ProblemError("volume_in_use", `Containers mount it: ${names}. Remove them first.`, {
        mountedBy: mounters.map((mounter) => ({ id: mounter.id, name: mounter.name })),
      });
    }
    await refuse?.(volume);
    // Never placed: there is nothing on any host.
    const moved = await moveVolume(tx, id, ["pending", "ready"], volume.hostId === null ? "removed" : "removing");
    await record(tx, ctx.actor, {
      type: "volume.removed",
      action: "volume.remove",
      subject: id,
      data: { name: volume.name },
    });
    return moved ?? volume;
  });
  if (row.hostId !== null) await ctx.jobs.enqueue(row.hostId, "volume.converge", { id, generation: 1 });
  return row;
}

/** The host's half: removes the engine's volume, then settles the row. A volume the engine still sees in use waits for the sweep. */
export async function convergeVolume(ctx: HostCtx, id: string): Promise<void> {
  const row = await volumeById(ctx.db, id);
  if (!row || row.state !== "removing" || row.hostId !== ctx.hostId) return;
  try {
    await ctx.engine.removeVolume(id);
  } catch (error) {
    if (error instanceof EngineError && error.kind === "conflict") return;
    throw error;
  }
  await ctx.db.transaction(async (tx) => {
    const moved = await moveVolume(tx, id, ["removing"], "removed");
    if (moved?.anonymous)
      await insertEvent(tx, { userId: row.userId, type: "volume.removed", subject: id, data: { name: row.name } });
  });
}

export async function waitVolumeGone(
  ctx: Ctx,
  row: VolumeRow,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<VolumeRow> {
  const read = async () => (await volumeById(ctx.db, row.id)) ?? { ...row, state: "removed" as const };
  return readUntil(ctx.changes, row.id, read, (now) => now.state === "removed", { timeoutMs, signal });
}
