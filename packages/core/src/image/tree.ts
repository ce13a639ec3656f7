import type { ImageTree } from "@hafen/contract";
import { heldImages, hostNames, tagsOf, type Db } from "@hafen/db";
import { branches, forestBytes, plant, shares } from "./layer-forest.ts";
import { layeredOf } from "./layered.ts";

/** The user's own images and the catalog's, by the layers they share. */
export async function imageTree(db: Db, userId: string): Promise<ImageTree> {
  const rows = await heldImages(db, userId);
  const ids = rows.map(({ id }) => id);
  const [layered, tags, hosts] = await Promise.all([
    layeredOf(db, rows),
    tagsOf(db, userId, ids),
    hostNames(db, [...new Set(rows.map(({ hostId }) => hostId))]),
  ]);
  const forest = plant(layered);
  const rowById = new Map(rows.map((row) => [row.id, row]));
  const layeredById = new Map(layered.map((image) => [image.id, image]));
  const tagsById = Map.groupBy(tags, ({ imageId }) => imageId);
  const describe = (id: string) => {
    const row = rowById.get(id);
    const image = layeredById.get(id);
    if (!row || !image) return [];
    return [
      {
        id,
        tags: (tagsById.get(id) ?? []).map(({ name }) => name),
        digest: row.digest,
        sizeBytes: row.sizeBytes,
        own: row.userId === userId,
        freesBytes: shares(forest, image).uniqueBytes,
      },
    ];
  };
  return {
    items: branches(forest).map(({ hostId, images, ...branch }) => ({
      ...branch,
      images: images.flatMap(describe),
      host: hosts.get(hostId) ?? hostId,
    })),
    bytes: forestBytes(forest),
  };
}
