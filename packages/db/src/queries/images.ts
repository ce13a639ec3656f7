import type { Access } from "@hafen/contract/lifecycle";
import { and, asc, desc, eq, inArray, lt, ne, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { containers, images, imageTags, layers } from "../schema/index.ts";
import { imageGranted } from "./grants.ts";
import type { Page } from "./users.ts";

export type ImageRow = typeof images.$inferSelect;
export type TagRow = typeof imageTags.$inferSelect;

/** Makes the user's row for this engine image, or finds the one there is. */
export async function upsertImage(tx: Db, image: typeof images.$inferInsert): Promise<ImageRow> {
  const [row] = await tx
    .insert(images)
    .values(image)
    .onConflictDoUpdate({
      target: [images.userId, images.hostId, images.digest],
      targetWhere: sql`state = 'ready'`,
      set: {
        buildId: sql`excluded.build_id`,
        catalog: sql`${images.catalog} or excluded.catalog`,
        layerBytes: sql`excluded.layer_bytes`,
        manifestDigest: sql`coalesce(excluded.manifest_digest, ${images.manifestDigest})`,
      },
    })
    .returning();
  if (!row) throw new Error("upsertImage: no row");
  return row;
}

export async function hasImage(db: Db, of: { userId: string; hostId: string; digest: string }): Promise<boolean> {
  const rows = await db
    .select({ id: images.id })
    .from(images)
    .where(
      and(
        eq(images.userId, of.userId),
        eq(images.hostId, of.hostId),
        eq(images.digest, of.digest),
        eq(images.state, "ready"),
      ),
    );
  return rows.length > 0;
}

export async function insertLayers(
  tx: Db,
  imageId: string,
  rows: Omit<typeof layers.$inferInsert, "imageId">[],
): Promise<void> {
  if (rows.length > 0)
    await tx
      .insert(layers)
      .values(rows.map((row) => ({ ...row, imageId })))
      .onConflictDoNothing();
}

export function listLayers(db: Db, imageId: string): Promise<(typeof layers.$inferSelect)[]> {
  return db.select().from(layers).where(eq(layers.imageId, imageId)).orderBy(asc(layers.position));
}

/**
 * Points the user's name at an image of theirs. A name offered to everyone is one admin's: it leaves the one who offered it before,
 * who keeps it as a name of their own.
 */
export async function setTag(
  tx: Db,
  tag: { userId: string; name: string; imageId: string; catalog: boolean },
): Promise<void> {
  if (tag.catalog) {
    await tx
      .update(imageTags)
      .set({ catalog: false })
      .where(and(eq(imageTags.name, tag.name), imageTags.catalog, ne(imageTags.userId, tag.userId)));
  }
  await tx
    .insert(imageTags)
    .values(tag)
    .onConflictDoUpdate({
      target: [imageTags.userId, imageTags.name],
      set: { imageId: tag.imageId, catalog: tag.catalog, updatedAt: sql`now()` },
    });
}

/** Takes names off the image; answers with those that it had. One that stands for another image by now stays. */
export async function removeTags(tx: Db, userId: string, imageId: string, names: string[]): Promise<string[]> {
  const rows = await tx
    .delete(imageTags)
    .where(and(eq(imageTags.userId, userId), eq(imageTags.imageId, imageId), inArray(imageTags.name, names)))
    .returning();
  return rows.map(({ name }) => name);
}

export async function findTag(db: Db, userId: string, name: string): Promise<TagRow | undefined> {
  const [row] = await db
    .select()
    .from(imageTags)
    .where(and(eq(imageTags.userId, userId), eq(imageTags.name, name)));
  return row;
}

/** The names that this user sees: their own and those offered to everyone. */
export function tagsOf(db: Db, userId: string, imageIds: string[]): Promise<TagRow[]> {
  if (imageIds.length === 0) return Promise.resolve([]);
  return db
    .select()
    .from(imageTags)
    .where(and(inArray(imageTags.imageId, imageIds), or(eq(imageTags.userId, userId), imageTags.catalog)))
    .orderBy(asc(imageTags.name));
}

/** The image that the user's own name stands for, else the catalog's of that name. */
export async function findImageByTag(db: Db, userId: string, name: string): Promise<ImageRow | undefined> {
  const rows = await db
    .select({ image: images, own: sql<boolean>`${imageTags.userId} = ${userId}`.as("own") })
    .from(imageTags)
    .innerJoin(images, eq(images.id, imageTags.imageId))
    .where(
      and(eq(imageTags.name, name), eq(images.state, "ready"), or(eq(imageTags.userId, userId), imageTags.catalog)),
    )
    .orderBy(sql`own desc`)
    .limit(1);
  return rows[0]?.image;
}

/** One's own image, one of the catalog or one that its owner grants this access to, by `img_…` or `sha256:…`. */
export async function findImageById(
  db: Db,
  userId: string,
  ref: string,
  access: Access,
): Promise<ImageRow | undefined> {
  const [row] = await db
    .select()
    .from(images)
    .where(
      and(
        or(eq(images.id, ref), eq(images.digest, ref)),
        eq(images.state, "ready"),
        or(eq(images.userId, userId), images.catalog, imageGranted(db, userId, access)),
      ),
    )
    .orderBy(sql`${images.userId} = ${userId} desc`)
    .limit(1);
  return row;
}

export function listImages(db: Db, userId: string, page: Page): Promise<ImageRow[]> {
  return db
    .select()
    .from(images)
    .where(
      and(
        or(eq(images.userId, userId), images.catalog),
        eq(images.state, "ready"),
        page.after ? lt(images.id, page.after) : undefined,
      ),
    )
    .orderBy(desc(images.id))
    .limit(page.limit);
}

/** What the registry calls an image that was pushed. */
export async function setManifestDigest(tx: Db, id: string, manifestDigest: string): Promise<void> {
  await tx.update(images).set({ manifestDigest }).where(eq(images.id, id));
}

/** Takes the row, so that no container can be made from it until the transaction ends. */
export async function lockImage(tx: Db, id: string, mode: "share" | "update"): Promise<ImageRow | undefined> {
  const [row] = await tx
    .select()
    .from(images)
    .where(and(eq(images.id, id), eq(images.state, "ready")))
    .for(mode);
  return row;
}

/** Containers, of anyone, that are made from the image. */
export function containersOfImage(db: Db, imageId: string): Promise<{ id: string; name: string; userId: string }[]> {
  return db
    .select({ id: containers.id, name: containers.name, userId: containers.userId })
    .from(containers)
    .where(and(eq(containers.imageId, imageId), ne(containers.state, "removed")))
    .orderBy(asc(containers.id))
    .limit(200);
}

export async function markImageRemoving(tx: Db, id: string): Promise<void> {
  await tx.update(images).set({ state: "removing", catalog: false }).where(eq(images.id, id));
}
export async function deleteImage(db: Db, id: string): Promise<void> {
  await db.delete(images).where(and(eq(images.id, id), eq(images.state, "removing")));
}
export async function imageById(db: Db, id: string): Promise<ImageRow | undefined> {
  const [row] = await db.select().from(images).where(eq(images.id, id));
  return row;
}
export function imagesOnHost(db: Db, hostId: string): Promise<{ id: string; digest: string; state: string }[]> {
  return db
    .select({ id: images.id, digest: images.digest, state: images.state })
    .from(images)
    .where(eq(images.hostId, hostId));
}

export function goingImages(db: Db, hostId: string): Promise<{ id: string }[]> {
  return db
    .select({ id: images.id })
    .from(images)
    .where(and(eq(images.hostId, hostId), eq(images.state, "removing")));
}
