import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { blobChunks, blobs } from "../schema/index.ts";
import { withoutFlush } from "../without-flush.ts";

export async function insertBlob(db: Db, blob: { id: string; userId: string }): Promise<void> {
  await db.insert(blobs).values(blob).returning({ withoutFlush });
}

export async function appendChunk(db: Db, blobId: string, position: number, data: Uint8Array): Promise<void> {
  await db.insert(blobChunks).values({ blobId, position, data }).returning({ withoutFlush });
}

/** Marks the blob whole. */
export async function sealBlob(db: Db, id: string, sealed: { digest: string; sizeBytes: number }): Promise<void> {
  await db.update(blobs).set(sealed).where(eq(blobs.id, id));
}

export async function removeBlob(db: Db, id: string): Promise<void> {
  await db.delete(blobs).where(eq(blobs.id, id));
}

/** The blob's compressed bytes, a chunk at a time. */
export async function* readChunks(db: Db, blobId: string): AsyncGenerator<Uint8Array> {
  for (let position = -1; ;) {
    const [chunk] = await db
      .select()
      .from(blobChunks)
      .where(and(eq(blobChunks.blobId, blobId), gt(blobChunks.position, position)))
      .orderBy(asc(blobChunks.position))
      .limit(1);
    if (!chunk) return;
    position = chunk.position;
    yield chunk.data;
  }
}

/** Removes blobs that no open build needs: contexts of ended builds, and uploads that broke off an hour ago. */
export async function pruneBlobs(db: Db): Promise<void> {
  await db.execute(sql`
    delete from blobs where id in (
      select b.id from blobs b
        left join builds d on d.blob_id = b.id and d.state in ('queued', 'running')
       where d.id is null and (b.digest is not null or b.created_at < now() - interval '1 hour')
         and b.created_at < now() - interval '1 minute'
       limit 100)`);
}
