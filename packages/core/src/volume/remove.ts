import { ProblemError } from "@hafen/contract";
import { copiesOf, lockVolume, mountersOf, moveVolume, readUntil, volumeById, type VolumeRow } from "@hafen/db";
import type { AskCtx, Ctx } from "../ctx.ts";
import { record } from "../record.ts";
import { getVolume } from "./create.ts";

/**
 * Refused while a container mounts it, also one that does not run: its data would be gone at the next start. `refuse` may have more
 * against it; while it looks nobody can begin to mount the volume. The nudge's generation is above that of a copy into it, which it ends.
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
      const mine = mounters.filter((mounter) => mounter.userId === userId);
      const names = mine.map(({ name }) => name);
      // Stopped with their grant, they still have it in the engine.
      if (mine.length < mounters.length) names.push("containers of users whom you granted it, or had");
      throw new ProblemError("volume_in_use", `Containers mount it: ${names.join(", ")}. Remove them first.`, {
        mountedBy: mine.map((mounter) => ({ id: mounter.id, name: mounter.name })),
      });
    }
    const [copy] = await copiesOf(tx, [id]);
    if (copy) {
      throw new ProblemError(
        "volume_in_use",
        `${copy.name} gets its data. Wait until it has them, or remove ${copy.name}.`,
      );
    }
    await refuse?.(volume);
    // Never placed: there is nothing on any host.
    const moved = await moveVolume(
      tx,
      id,
      ["pending", "copying", "ready"],
      volume.hostId === null ? "removed" : "removing",
    );
    await record(tx, ctx.actor, {
      type: "volume.removed",
      action: "volume.remove",
      subject: id,
      data: { name: volume.name },
    });
    return moved ?? volume;
  });
  if (row.hostId !== null) await ctx.jobs.enqueue(row.hostId, "volume.converge", { id, generation: 2 });
  return row;
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
