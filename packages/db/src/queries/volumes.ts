import type { VolumeState } from "@hafen/contract/lifecycle";
import { and, asc, desc, eq, inArray, isNull, lt, ne, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { notify } from "../notify.ts";
import { containers, mounts, volumes } from "../schema/index.ts";
import type { Page } from "./users.ts";

export type VolumeRow = typeof volumes.$inferSelect;

/** Undefined when the user has a volume of that name. */
export async function insertVolume(tx: Db, row: typeof volumes.$inferInsert): Promise<VolumeRow | undefined> {
  const [made] = await tx
    .insert(volumes)
    .values(row)
    .onConflictDoNothing({ target: [volumes.userId, volumes.name], where: sql`state <> 'removed'` })
    .returning();
  return made;
}

export async function findVolume(db: Db, userId: string, ref: string): Promise<VolumeRow | undefined> {
  const [row] = await db
    .select()
    .from(volumes)
    .where(
      and(eq(volumes.userId, userId), ne(volumes.state, "removed"), or(eq(volumes.id, ref), eq(volumes.name, ref))),
    )
    .orderBy(sql`${volumes.id} = ${ref} desc`)
    .limit(1);
  return row;
}
export async function volumeById(db: Db, id: string): Promise<VolumeRow | undefined> {
  const [row] = await db.select().from(volumes).where(eq(volumes.id, id));
  return row;
}

/** The row once nobody holds it who may be about to move it. */
export async function shareVolume(db: Db, id: string): Promise<VolumeRow | undefined> {
  const [row] = await db.select().from(volumes).where(eq(volumes.id, id)).for("share");
  return row;
}

export function listVolumes(db: Db, userId: string, page: Page): Promise<VolumeRow[]> {
  return db
    .select()
    .from(volumes)
    .where(
      and(
        eq(volumes.userId, userId),
        ne(volumes.state, "removed"),
        page.after ? lt(volumes.id, page.after) : undefined,
      ),
    )
    .orderBy(desc(volumes.id))
    .limit(page.limit);
}

/** Holds the rows against removal until the transaction ends. Only those that can still be mounted are returned. */
export function shareVolumes(tx: Db, userId: string, ids: string[]): Promise<VolumeRow[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return tx
    .select()
    .from(volumes)
    .where(and(eq(volumes.userId, userId), inArray(volumes.id, ids), inArray(volumes.state, ["pending", "ready"])))
    .orderBy(asc(volumes.id))
    .for("share");
}
export async function lockVolume(tx: Db, id: string): Promise<VolumeRow | undefined> {
  const [row] = await tx.select().from(volumes).where(eq(volumes.id, id)).for("update");
  return row;
}

export interface Mounter {
  volumeId: string | null;
  id: string;
  name: string;
  /** Whose container it is. */
  userId: string;
  target: string;
  readOnly: boolean;
}
/** Which containers, of anyone, mount these volumes. */
export function mountersOf(db: Db, volumeIds: string[]): Promise<Mounter[]> {
  if (volumeIds.length === 0) return Promise.resolve([]);
  return db
    .select({
      volumeId: mounts.volumeId,
      id: containers.id,
      name: containers.name,
      userId: containers.userId,
      target: mounts.target,
      readOnly: mounts.readOnly,
    })
    .from(mounts)
    .innerJoin(containers, eq(containers.id, mounts.containerId))
    .where(and(inArray(mounts.volumeId, volumeIds), ne(containers.state, "removed")))
    .orderBy(asc(containers.id), asc(mounts.position));
}

/** Which of these volumes are being copied, to which others. */
export async function copiesOf(db: Db, volumeIds: string[]): Promise<{ sourceId: string; name: string }[]> {
  if (volumeIds.length === 0) return [];
  const rows = await db
    .select({ sourceId: volumes.sourceId, name: volumes.name })
    .from(volumes)
    .where(and(inArray(volumes.sourceId, volumeIds), eq(volumes.state, "copying")));
  return rows.flatMap(({ sourceId, name }) => (sourceId === null ? [] : [{ sourceId, name }]));
}

/** The clone has all its data. False when it is no longer wanted. */
export async function settleCopy(tx: Db, id: string): Promise<boolean> {
  const rows = await tx
    .update(volumes)
    .set({ state: "ready", sourceId: null })
    .where(and(eq(volumes.id, id), eq(volumes.state, "copying")))
    .returning({ id: volumes.id });
  if (rows.length > 0) await notify(tx, id);
  return rows.length > 0;
}

/** From the moment a container that mounts them is placed, volumes live on its host. False when one lives elsewhere. */
export async function placeVolumes(tx: Db, ids: string[], hostId: string): Promise<boolean> {
  if (ids.length === 0) return true;
  const rows = await tx
    .update(volumes)
    .set({ hostId })
    .where(and(inArray(volumes.id, ids), or(isNull(volumes.hostId), eq(volumes.hostId, hostId))))
    .returning({ id: volumes.id });
  return rows.length === new Set(ids).size;
}

export async function moveVolume(
  tx: Db,
  id: string,
  from: readonly VolumeState[],
  to: VolumeState,
): Promise<VolumeRow | undefined> {
  const [row] = await tx
    .update(volumes)
    .set({ state: to, ...(to === "removed" ? { removedAt: sql`now()` } : {}) })
    .where(and(eq(volumes.id, id), inArray(volumes.state, [...from])))
    .returning();
  if (row) await notify(tx, id);
  return row;
}

export function volumesOnHost(db: Db, hostId: string): Promise<{ id: string; state: VolumeState }[]> {
  return db
    .select({ id: volumes.id, state: volumes.state })
    .from(volumes)
    .where(and(eq(volumes.hostId, hostId), ne(volumes.state, "removed")));
}

/** Rows kept a day after removal, as containers are; those of a host that is away until it is back, and knows that they go. */
export async function pruneVolumes(db: Db): Promise<void> {
  await db.execute(sql`
    delete from volumes v where v.state = 'removed' and v.removed_at < now() - interval '1 day'
       and not exists (select 1 from hosts h where h.id = v.host_id and h.lease_expires_at < now())
       and not exists (select 1 from mounts m where m.volume_id = v.id)`);
}

/** Volumes of the host that are not yet what they are to become. */
export function openVolumes(db: Db, hostId: string): Promise<{ id: string; state: VolumeState }[]> {
  return db
    .select({ id: volumes.id, state: volumes.state })
    .from(volumes)
    .where(and(eq(volumes.hostId, hostId), inArray(volumes.state, ["copying", "removing"])));
}
