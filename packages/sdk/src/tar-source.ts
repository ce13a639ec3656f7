import { chunksOf } from "./byte-stream.ts";
import { HafenError } from "./error.ts";

/** An archive to upload. Bytes and blobs can be sent again after a failure; streams cannot, and few browsers send them at all. */
export type TarSource = Uint8Array | Blob | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** What a request carries; `failed` tells that the caller's stream broke, not the connection. */
export interface Upload {
  body: BodyInit;
  contentType: string;
  replayable: boolean;
  failed?: () => HafenError | undefined;
}

const MAGIC = [
  { contentType: "application/gzip", bytes: [0x1f, 0x8b] },
  { contentType: "application/zstd", bytes: [0x28, 0xb5, 0x2f, 0xfd] },
];
const MAGIC_BYTES = 4;

/** By the first bytes; a plain tar has none. */
function contentTypeOf(head: Uint8Array): string {
  return MAGIC.find(({ bytes }) => bytes.every((byte, i) => head[i] === byte))?.contentType ?? "application/x-tar";
}

export async function uploadOf(source: TarSource): Promise<Upload> {
  if (source instanceof Uint8Array) {
    return { body: source as Uint8Array<ArrayBuffer>, contentType: contentTypeOf(source), replayable: true };
  }
  if (source instanceof Blob) {
    const head = new Uint8Array(await source.slice(0, MAGIC_BYTES).arrayBuffer());
    return { body: source, contentType: contentTypeOf(head), replayable: true };
  }
  return streamUpload("getReader" in source ? chunksOf(source) : source[Symbol.asyncIterator]());
}

/** The content of a file, whatever it looks like. */
export async function rawUploadOf(source: TarSource): Promise<Upload> {
  return { ...(await uploadOf(source)), contentType: "application/octet-stream" };
}

async function streamUpload(chunks: AsyncIterator<Uint8Array>): Promise<Upload> {
  let failure: HafenError | undefined;
  const next = async () => {
    try {
      return await chunks.next();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      failure = new HafenError("aborted", `the stream to upload failed: ${why}`, { cause });
      throw failure;
    }
  };
  const first: Uint8Array[] = [];
  for (let bytes = 0; bytes < MAGIC_BYTES;) {
    const { done, value } = await next();
    if (done) break;
    first.push(value);
    bytes += value.length;
  }
  const head = Uint8Array.from(first.flatMap((chunk) => [...chunk.subarray(0, MAGIC_BYTES)]));
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const ready = first.shift();
      if (ready) return controller.enqueue(ready);
      const { done, value } = await next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return?.();
    },
  });
  return { body: body as BodyInit, contentType: contentTypeOf(head), replayable: false, failed: () => failure };
}
