import type { HistoryEntry, Image, ImageSummary } from "@hafen/contract";
import {
  containersOfImage,
  hostNames,
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
  const [tags, users, bases, hosts] = await Promise.all([
    tagsOf(db, [row.id]),
    containersOfImage(db, row.id),
    own && row.buildId ? listBases(db, row.buildId) : [],
    hostNames(db, [row.hostId]),
  ]);
  return {
    ...summary(row, tags),
    architecture: row.architecture,
    os: row.os,
    config: row.config,
    layers: row.diffIds,
    buildId: own ? row.buildId : null,
    bases: bases.map(({ reference, imageId, digest, source }) => ({ reference, imageId, digest, source })),
    usedBy: users.filter((user) => user.userId === userId).map(({ id, name }) => ({ id, name })),
    manifestDigest: row.manifestDigest,
    host: hosts.get(row.hostId) ?? row.hostId,
  };
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
