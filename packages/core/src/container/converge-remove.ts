import {
  copiesOf,
  dropContainerSecrets,
  dropMounts,
  insertEvent,
  lockVolume,
  mountersOf,
  mountsOf,
  moveVolume,
  observeContainer,
  type ContainerRow,
  type Db,
} from "@hafen/db";
import type { HostCtx } from "../ctx.ts";

/**
 * The engine's container is gone; now the row goes and what it takes with it. Killed before it: the next converge finds the engine's
 * container absent and does this.
 */
export async function finishRemoval(ctx: HostCtx, row: ContainerRow): Promise<boolean> {
  const removing = await removeRow(ctx.db, row);
  if (!removing) return false;
  for (const id of removing) await ctx.jobs.enqueue(ctx.hostId, "volume.converge", { id, generation: 2 });
  return true;
}

/**
 * The row goes, its mounts are dropped and, if asked, its anonymous volumes that nobody else mounts begin to go, in one transaction.
 * Answers with these; undefined when the row has moved on.
 */
export function removeRow(db: Db, row: ContainerRow): Promise<string[] | undefined> {
  return db.transaction(async (tx) => {
    const anonymous = row.removeVolumes
      ? (await mountsOf(tx, [row.id])).flatMap((mount) =>
          mount.volume?.anonymous && mount.grantId === null && !row.config.namedVolumes?.includes(mount.volume.id)
            ? [mount.volume.id]
            : [],
        )
      : [];
    const volumes = [...new Set(anonymous)].toSorted();
    // A container that is just being made with volumesFrom holds them: only once they are ours does the look at who mounts them hold.
    for (const id of volumes) await lockVolume(tx, id);
    const written = await observeContainer(tx, row, {
      state: "removed",
      startDue: false,
      removedAt: new Date(),
      engineId: null,
      networkId: null,
      restartAt: null,
      expiresAt: null,
    });
    if (!written) return undefined;
    await dropMounts(tx, row.id);
    await dropContainerSecrets(tx, row.id);
    const kept = new Set([
      ...(await mountersOf(tx, volumes)).map(({ volumeId }) => volumeId),
      ...(await copiesOf(tx, volumes)).map(({ sourceId }) => sourceId),
    ]);
    const going: string[] = [];
    for (const id of volumes) {
      if (!kept.has(id) && (await moveVolume(tx, id, ["pending", "ready"], "removing"))) going.push(id);
    }
    await insertEvent(tx, { userId: row.userId, type: "container.removed", subject: row.id, data: { name: row.name } });
    return going;
  });
}
