import type { HistoryEntry, Image, ImageSummary } from "@hafen/contract";
import {
  buildById,
  containersOfImage,
  hostNames,
  imagesOnSameBase,
  listBases,
  listImages as listRows,
  listLayers,
  tagsOf,
  type Db,
  type ImageRow,
  type TagRow,
} from "@hafen/db";
import { readPage, toPage } from "../page.ts";
import { findImage } from "./find.ts";
import { plant, shares } from "./layer-forest.ts";
import { layeredOf } from "./layered.ts";

function summary(row: ImageRow, tags: TagRow[]): ImageSummary {
  return {
    id: row.id,
    tags: tags.filter((tag) => tag.imageId === row.id).map((tag) => tag.name),
    digest: row.digest,
    sizeBytes: row.sizeBytes,
    catalog: row.catalog,
    createdAt: row.createdAt.toISOString(),
  };
}

export async function listImages(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: ImageSummary[]; nextCursor: string | null }> {
  const { rows, nextCursor } = toPage(await listRows(db, userId, readPage(query)), query.limit);
  const tags = await tagsOf(
    db,
    userId,
    rows.map((row) => row.id),
  );
  return { items: rows.map((row) => summary(row, tags)), nextCursor };
}

export async function getImage(db: Db, userId: string, ref: string): Promise<Image> {
  return describeImage(db, userId, await findImage(db, userId, ref));
}

/** Another user who sees a catalog image does not see who else uses it. */
export async function describeImage(db: Db, userId: string, row: ImageRow): Promise<Image> {
  const own = row.userId === userId;
  const [tags, users, bases, hosts, sharing] = await Promise.all([
    tagsOf(db, userId, [row.id]),
    containersOfImage(db, row.id),
    own && row.buildId ? recordedBases(db, row.buildId) : [],
    hostNames(db, [row.hostId]),
    sharedWith(db, userId, row),
  ]);
  return {
    ...summary(row, tags),
    architecture: row.architecture,
    os: row.os,
    config: row.config,
    layers: row.diffIds,
    buildId: own ? row.buildId : null,
    bases: bases?.map(({ reference, imageId, digest, source }) => ({ reference, imageId, digest, source })) ?? null,
    ...sharing,
    usedBy: users.filter((user) => user.userId === userId).map(({ id, name }) => ({ id, name })),
    manifestDigest: row.manifestDigest,
    host: hosts.get(row.hostId) ?? row.hostId,
  };
}

/** Null once the build is gone: nobody knows any more what it stood on. */
async function recordedBases(db: Db, buildId: string) {
  const [build, bases] = await Promise.all([buildById(db, buildId), listBases(db, buildId)]);
  return build ? bases : null;
}

async function sharedWith(
  db: Db,
  userId: string,
  row: ImageRow,
): Promise<{ sharedBytes: number; uniqueBytes: number }> {
  const others = await imagesOnSameBase(db, userId, row);
  const images = await layeredOf(db, [row, ...others.filter(({ id }) => id !== row.id)]);
  const [image] = images;
  return image ? shares(plant(images), image) : { sharedBytes: 0, uniqueBytes: 0 };
}

export async function imageHistory(db: Db, userId: string, ref: string): Promise<{ items: HistoryEntry[] }> {
  const rows = await listLayers(db, (await findImage(db, userId, ref)).id);
  return {
    items: rows.map((row) => ({
      position: row.position,
      imageDigest: row.imageDigest,
      createdBy: row.createdBy,
      sizeBytes: row.sizeBytes,
      comment: row.comment,
      createdAt: row.createdAt.toISOString(),
    })),
  };
}
