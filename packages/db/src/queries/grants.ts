import type { Access } from "@hafen/contract/lifecycle";
import { and, asc, desc, eq, exists, inArray, isNotNull, isNull, lt, ne, or, sql, type SQL } from "drizzle-orm";

import type { Db } from "../client.ts";
import { containers, grants, images, imageTags, mounts, users, volumes } from "../schema/index.ts";
import type { ContainerRow } from "./containers.ts";
import type { ImageRow } from "./images.ts";
import type { Page } from "./users.ts";
import type { VolumeRow } from "./volumes.ts";

export type GrantRow = typeof grants.$inferSelect;
export type NamedGrant = GrantRow & { owner: string; grantee: string };

/** Whoever may use a thing may look at it. */
function allowing(access: Access): SQL | undefined {
  return and(isNull(grants.revokedAt), access === "use" ? eq(grants.access, "use") : undefined);
}

/** In a `where` over images: one that another user lets this one look at, or use. */
export function imageGranted(db: Db, userId: string, access: Access): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(grants)
      .where(and(eq(grants.imageId, images.id), eq(grants.granteeId, userId), allowing(access))),
  );
}

/** `@owner/name:tag`. */
export async function findGrantedImage(
  db: Db,
  userId: string,
  owner: string,
  name: string,
  access: Access,
): Promise<ImageRow | undefined> {
  const [row] = await db
    .select({ image: images })
    .from(imageTags)
    .innerJoin(images, eq(images.id, imageTags.imageId))
    .innerJoin(users, eq(users.id, imageTags.userId))
    .where(
      and(eq(users.name, owner), eq(imageTags.name, name), eq(images.state, "ready"), imageGranted(db, userId, access)),
    );
  return row?.image;
}

/** A volume of another user's that this one may look at, by its id or by its owner's name and its own. */
export async function findGrantedVolume(
  db: Db,
  userId: string,
  named: { id: string } | { owner: string; name: string },
): Promise<{ volume: VolumeRow; grant: GrantRow } | undefined> {
  const which =
    "id" in named ? eq(volumes.id, named.id) : and(eq(users.name, named.owner), eq(volumes.name, named.name));
  const [row] = await db
    .select({ volume: volumes, grant: grants })
    .from(grants)
    .innerJoin(volumes, eq(volumes.id, grants.volumeId))
    .innerJoin(users, eq(users.id, grants.ownerId))
    .where(and(which, eq(grants.granteeId, userId), isNull(grants.revokedAt), ne(volumes.state, "removed")));
  return row;
}

/** Holds these grants and their volumes until the transaction ends: neither is revoked or removed meanwhile. Those that still hold. */
export function shareGrants(tx: Db, userId: string, ids: string[]): Promise<{ id: string; access: Access }[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return tx
    .select({ id: grants.id, access: grants.access })
    .from(grants)
    .innerJoin(volumes, eq(volumes.id, grants.volumeId))
    .where(
      and(
        inArray(grants.id, ids),
        eq(grants.granteeId, userId),
        isNull(grants.revokedAt),
        inArray(volumes.state, ["pending", "ready"]),
      ),
    )
    .orderBy(asc(grants.id))
    .for("share");
}

/** Undefined when this user has a grant of it already. */
export async function insertGrant(tx: Db, row: typeof grants.$inferInsert): Promise<GrantRow | undefined> {
  const [made] = await tx.insert(grants).values(row).onConflictDoNothing().returning();
  return made;
}

export async function revokeGrantRow(tx: Db, ownerId: string, id: string): Promise<GrantRow | undefined> {
  const [row] = await tx
    .update(grants)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(grants.id, id), eq(grants.ownerId, ownerId), isNull(grants.revokedAt)))
    .returning();
  return row;
}

const OWNER = sql<string>`(select name from users owners where owners.id = ${grants.ownerId})`.as("owner");
const GRANTEE = sql<string>`(select name from users grantees where grantees.id = ${grants.granteeId})`.as("grantee");

async function listWhere(db: Db, where: SQL | undefined, limit: number): Promise<NamedGrant[]> {
  const rows = await db
    .select({ grant: grants, owner: OWNER, grantee: GRANTEE })
    .from(grants)
    .where(and(where, isNull(grants.revokedAt)))
    .orderBy(desc(grants.id))
    .limit(limit);
  return rows.map(({ grant, owner, grantee }) => ({ ...grant, owner, grantee }));
}

export function grantsOf(
  db: Db,
  of: { imageId: string } | { volumeId: string } | { ownerId: string; id: string },
): Promise<NamedGrant[]> {
  if ("imageId" in of) return listWhere(db, eq(grants.imageId, of.imageId), 1000);
  if ("volumeId" in of) return listWhere(db, eq(grants.volumeId, of.volumeId), 1000);
  return listWhere(db, and(eq(grants.ownerId, of.ownerId), eq(grants.id, of.id)), 1);
}

export function grantsTo(db: Db, granteeId: string, page: Page): Promise<NamedGrant[]> {
  return listWhere(
    db,
    and(eq(grants.granteeId, granteeId), page.after ? lt(grants.id, page.after) : undefined),
    page.limit,
  );
}

/** What the things of these grants are called by their owners. */
export async function namesOfGranted(db: Db, rows: GrantRow[]): Promise<Map<string, string[]>> {
  const volumeIds = rows.flatMap(({ volumeId }) => volumeId ?? []);
  const imageIds = rows.flatMap(({ imageId }) => imageId ?? []);
  const [named, tagged] = await Promise.all([
    volumeIds.length === 0
      ? []
      : db.select({ id: volumes.id, name: volumes.name }).from(volumes).where(inArray(volumes.id, volumeIds)),
    imageIds.length === 0
      ? []
      : db
          .select({ id: imageTags.imageId, name: imageTags.name })
          .from(imageTags)
          .where(inArray(imageTags.imageId, imageIds))
          .orderBy(asc(imageTags.name)),
  ]);
  const names = new Map<string, string[]>();
  for (const { id, name } of [...named, ...tagged]) names.set(id, [...(names.get(id) ?? []), name]);
  return names;
}

/** Whether the container mounts a volume by a grant that was revoked. The grants it mounts by are held as they are until the transaction ends. */
export async function mountsByRevoked(tx: Db, containerId: string): Promise<boolean> {
  const rows = await tx
    .select({ revokedAt: grants.revokedAt })
    .from(mounts)
    .innerJoin(grants, eq(grants.id, mounts.grantId))
    .where(eq(mounts.containerId, containerId))
    .orderBy(asc(grants.id))
    .for("share", { of: grants });
  return rows.some(({ revokedAt }) => revokedAt !== null);
}

/** Containers that run, on this host or by this grant, and mount a volume by a grant that was revoked. */
export function runningByRevoked(db: Db, of: { hostId: string } | { grantId: string }): Promise<ContainerRow[]> {
  const byRevoked = db
    .select({ one: sql`1` })
    .from(mounts)
    .innerJoin(grants, eq(grants.id, mounts.grantId))
    .where(
      and(
        eq(mounts.containerId, containers.id),
        isNotNull(grants.revokedAt),
        "grantId" in of ? eq(grants.id, of.grantId) : undefined,
      ),
    );
  return db
    .select()
    .from(containers)
    .where(
      and(
        inArray(containers.state, ["running", "paused", "restarting"]),
        inArray(containers.desired, ["running", "paused"]),
        "hostId" in of ? eq(containers.hostId, of.hostId) : undefined,
        exists(byRevoked),
      ),
    )
    .limit(100);
}

/** Both those that a user gave and those they have. */
export async function revokeGrantsOf(tx: Db, userId: string): Promise<void> {
  await tx
    .update(grants)
    .set({ revokedAt: sql`now()` })
    .where(and(or(eq(grants.ownerId, userId), eq(grants.granteeId, userId)), isNull(grants.revokedAt)));
}

/** Revoked grants that no mount stands on any more. */
export async function pruneGrants(db: Db): Promise<void> {
  await db.execute(sql`
    delete from grants g where g.revoked_at is not null and not exists (select 1 from mounts m where m.grant_id = g.id)`);
}
