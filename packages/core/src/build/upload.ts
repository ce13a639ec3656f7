import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import { Readable } from "node:stream";
import { newId } from "@hafen/contract";
import type { Packing, TarFacts } from "../archive/packing.ts";
import { appendChunk, insertBlob, readChunks, removeBlob, type Db } from "@hafen/db";

/** What one row of a blob holds: large enough to be quick, small enough to be read whole. */
const CHUNK_BYTES = 1024 * 1024;

export interface StoredBlob {
  id: string;
  digest: string;
  sizeBytes: number;
}

/**
 * Stores a stream, zstd-compressed and in chunks, in the database, in constant memory. The blob is not sealed: the transaction that
 * makes its build does that. A stream that breaks off leaves nothing; a process killed here leaves a blob that the sweep drops.
 */
export async function storeBlob<S extends TarFacts>(
  db: Db,
  userId: string,
  { tar, summary }: Packing<S>,
): Promise<{ blob: StoredBlob; summary: S }> {
  const id = newId("blob");
  await insertBlob(db, { id, userId });
  try {
    let position = 0;
    for await (const chunk of rechunk(compress(tar))) await appendChunk(db, id, position++, chunk);
  } catch (error) {
    await removeBlob(db, id).catch(() => {});
    throw error;
  }
  const facts = await summary;
  return { blob: { id, digest: facts.digest, sizeBytes: facts.sizeBytes }, summary: facts };
}

/** The bytes as they were before they were stored. */
export function readBlob(db: Db, id: string): AsyncIterable<Uint8Array> {
  return Readable.from(readChunks(db, id), { objectMode: false }).compose(
    createZstdDecompress(),
  ) as AsyncIterable<Uint8Array>;
}

function compress(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const level = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  return Readable.from(source, { objectMode: false }).compose(level) as AsyncIterable<Uint8Array>;
}

async function* rechunk(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of source) {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < CHUNK_BYTES) continue;
    yield Buffer.concat(held);
    held = [];
    heldBytes = 0;
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}
