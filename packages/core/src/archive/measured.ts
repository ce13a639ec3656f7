import { once } from "node:events";
import { PassThrough } from "node:stream";
import { chunkReader, type ChunkReader } from "./chunk-reader.ts";
import { InputError } from "./error.ts";
import { tooLarge } from "./open-compressed.ts";
import { quoted } from "./quoted.ts";
import { readTar } from "./read-tar.ts";
import { BLOCK_BYTES, isTarBlock } from "./tar-header.ts";
import { compressionOf, unpacked } from "./unpacked.ts";
import type { Upload } from "./upload.ts";

/** Of all archives in a context together. */
export interface AddBudget {
  maxBytes: number;
  unpackedBytes: number;
}

/**
 * Passes a file of a context through unchanged, and fails when it is an archive that ADD would make more of than the budget has:
 * the engine unpacks it itself, outside the limits of a build.
 */
export async function* measured(
  body: AsyncIterable<Uint8Array>,
  name: string,
  budget: AddBudget,
): AsyncGenerator<Uint8Array> {
  const copy = new PassThrough();
  let failure: unknown;
  let over = false;
  const measuring = measure(copy, name, budget)
    .catch((error: unknown) => (failure = error))
    .finally(() => (over = true));
  try {
    for await (const chunk of body) {
      if (!over && !copy.write(chunk)) await Promise.race([once(copy, "drain"), measuring]);
      if (failure !== undefined) throw failure;
      yield chunk;
    }
    copy.end();
    await measuring;
    if (failure !== undefined) throw failure;
  } finally {
    copy.destroy();
    await measuring;
  }
}

async function measure(file: AsyncIterable<Uint8Array>, name: string, budget: AddBudget): Promise<void> {
  const packed = chunkReader(withoutReturn(file));
  const head = await packed.take(BLOCK_BYTES);
  const compression = compressionOf(head);
  if (compression === undefined && !isTarBlock(head)) return;
  const upload = uploadOf(name);
  const source = compression === undefined ? rest(head, packed) : unpacked(rest(head, packed), compression, name);
  const content = counted(source, budget, upload);
  try {
    const plain = chunkReader(withoutReturn(content));
    const first = await plain.take(BLOCK_BYTES);
    // Compressed, and no archive: ADD copies it as it is.
    if (!isTarBlock(first)) return;
    for await (const { type } of readTar(rest(first, plain), upload)) {
      if (type === "sparse")
        throw new InputError(upload.refused, `The ${upload.noun} holds a sparse file. Pack without --sparse.`);
    }
  } finally {
    await content.return(undefined);
  }
}

function uploadOf(name: string): Upload {
  const [refused, size] = ["context_entry_refused", "context_too_large"] as const;
  return { noun: `archive ${quoted(name)}`, invalid: refused, truncated: refused, refused, tooLarge: size };
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  budget: AddBudget,
  upload: Upload,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of source) {
    budget.unpackedBytes += chunk.length;
    if (budget.unpackedBytes > budget.maxBytes) throw tooLarge(upload, budget.maxBytes);
    yield chunk;
  }
}

async function* rest(head: Uint8Array, reader: ChunkReader): AsyncGenerator<Uint8Array> {
  yield head;
  for (;;) {
    const chunk = await reader.some(Number.MAX_SAFE_INTEGER);
    if (chunk === undefined) return;
    yield chunk;
  }
}

/** Whoever stops reading does not end the source. */
function withoutReturn(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
}
