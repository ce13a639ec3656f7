import { createHash } from "node:crypto";
import { abandon } from "./chunk-reader.ts";

export interface TarFacts {
  /** `sha256:…` of the bytes of `tar`. */
  digest: string;
  sizeBytes: number;
}

/** `tar` can be read once. `summary` settles when it was read to its end, fails with it, and fails when its reader stops early. */
export interface Packing<Summary> {
  tar: AsyncIterable<Uint8Array>;
  summary: Promise<Summary>;
}

/** Small blocks are sent together: an HTTP request or a file write for each 512 bytes costs more than the tar. */
const CHUNK_BYTES = 64 * 1024;

/** With the facts of the tar itself beside those of what is in it. */
export function packing<Facts extends object>(source: AsyncGenerator<Uint8Array, Facts>): Packing<Facts & TarFacts> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const { tar, summary } = inChunks(source, (chunk) => {
    hash.update(chunk);
    sizeBytes += chunk.length;
  });
  const withFacts = summary.then((facts) => ({ ...facts, digest: `sha256:${hash.digest("hex")}`, sizeBytes }));
  withFacts.catch(() => undefined);
  return { tar, summary: withFacts };
}

export function inChunks<Facts>(
  source: AsyncGenerator<Uint8Array, Facts>,
  look: (chunk: Uint8Array) => void = () => {},
): Packing<Facts> {
  const { promise, resolve, reject } = Promise.withResolvers<Facts>();
  promise.catch(() => undefined); // A caller that only reads the tar sees the same error there.

  async function* run(): AsyncGenerator<Uint8Array> {
    let waiting: Uint8Array[] = [];
    let waitingBytes = 0;
    try {
      for (;;) {
        const next = await source.next();
        if (next.done !== true) {
          waiting.push(next.value);
          waitingBytes += next.value.length;
          if (waitingBytes < CHUNK_BYTES) continue;
        }
        const chunk = waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : Buffer.concat(waiting);
        waiting = [];
        waitingBytes = 0;
        look(chunk);
        if (chunk.length > 0) yield chunk;
        if (next.done === true) return resolve(next.value);
      }
    } catch (error) {
      reject(error);
      throw error;
    } finally {
      reject(new Error("the tar was not read to its end"));
      abandon(source);
    }
  }

  return { tar: run(), summary: promise };
}
