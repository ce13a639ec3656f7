/** Reads exact sizes from a stream of chunks, without copying more than one chunk's remainder. */
export interface ChunkReader {
  /** Exactly `sizeBytes`, or what is left at the end of the stream. */
  take(sizeBytes: number): Promise<Uint8Array>;
  /** Whatever is at hand, up to `maxBytes`; undefined at the end. */
  some(maxBytes: number): Promise<Uint8Array | undefined>;
  close(): void;
}

export function chunkReader(source: AsyncIterable<Uint8Array>): ChunkReader {
  const chunks = source[Symbol.asyncIterator]();
  let current: Uint8Array = new Uint8Array(0);
  let ended = false;

  async function some(maxBytes: number): Promise<Uint8Array | undefined> {
    while (current.length === 0) {
      if (ended) return undefined;
      const next = await chunks.next();
      if (next.done === true) ended = true;
      else current = next.value;
    }
    const part = current.subarray(0, maxBytes);
    current = current.subarray(part.length);
    return part;
  }

  async function take(sizeBytes: number): Promise<Uint8Array> {
    const first = await some(sizeBytes);
    if (first === undefined || first.length === sizeBytes) return first ?? new Uint8Array(0);
    const parts = [first];
    let missing = sizeBytes - first.length;
    while (missing > 0) {
      const part = await some(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  function close(): void {
    if (ended) return;
    ended = true;
    abandon(chunks);
  }

  return { take, some, close };
}

/** Tells a source that nobody reads it any more. Not awaited: `return()` queues behind a read that may never end. */
export function abandon(chunks: AsyncIterator<unknown>): void {
  chunks.return?.().then(undefined, () => undefined);
}
