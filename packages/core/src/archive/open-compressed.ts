import { pipeline, Readable } from "node:stream";
import { constants, createGunzip, createZstdDecompress } from "node:zlib";
import { chunkReader, type ChunkReader } from "./chunk-reader.ts";
import { InputError } from "./error.ts";
import { detectFormat, type Format } from "./format.ts";
import { CONTEXT, type Upload } from "./upload.ts";

export interface OpenLimits {
  /** Of the unpacked tar; the compressed body may be no larger either, give or take what compression costs. */
  maxBytes: number;
  upload?: Upload;
}

const BLOCK_BYTES = 512;
/** What zstd's own levels up to 19 use; more would let every upload claim up to 128 MiB of our memory. */
export const ZSTD_WINDOW_LOG = 23;
const COMPRESSION_OVERHEAD_BYTES = 1024 * 1024;

/** The plain tar inside an upload, unpacked as it is read: it stops, and lets go of `body`, at the first byte too many. */
export async function* openCompressed(body: AsyncIterable<Uint8Array>, limits: OpenLimits): AsyncGenerator<Uint8Array> {
  const upload = limits.upload ?? CONTEXT;
  const reader = chunkReader(body);
  try {
    const head = await reader.take(BLOCK_BYTES);
    const whole = resume(head, reader, limits.maxBytes, upload);
    const format = formatOf(head, upload);
    let unpackedBytes = 0;
    for await (const chunk of format === "tar" ? whole : unpack(whole, format, upload)) {
      unpackedBytes += chunk.length;
      if (unpackedBytes > limits.maxBytes) throw tooLarge(upload, limits.maxBytes);
      yield chunk;
    }
  } finally {
    reader.close();
  }
}

export function tooLarge(upload: Upload, maxBytes: number): InputError {
  return new InputError(
    upload.tooLarge,
    `The ${upload.noun} unpacks to more than the ${maxBytes} bytes allowed. Leave out what is not needed.`,
  );
}

function formatOf(head: Uint8Array, upload: Upload): Format {
  if (head.length === 0)
    throw new InputError(
      upload.invalid,
      `The ${upload.noun} is empty. Send a tar, plain or compressed with gzip or zstd.`,
    );
  const found = detectFormat(head);
  if ("format" in found) return found.format;
  const what =
    found.unsupported === undefined
      ? "is not a tar archive"
      : `is compressed with ${found.unsupported}, which is not taken`;
  throw new InputError(
    upload.invalid,
    `The ${upload.noun} ${what}. Send a tar, plain or compressed with gzip or zstd.`,
  );
}

async function* resume(
  head: Uint8Array,
  reader: ChunkReader,
  maxBytes: number,
  upload: Upload,
): AsyncGenerator<Uint8Array> {
  let sentBytes = head.length;
  yield head;
  for (;;) {
    const chunk = await reader.some(Number.MAX_SAFE_INTEGER);
    if (chunk === undefined) return;
    sentBytes += chunk.length;
    if (sentBytes > maxBytes + COMPRESSION_OVERHEAD_BYTES) throw tooLarge(upload, maxBytes);
    yield chunk;
  }
}

async function* unpack(
  packed: AsyncIterable<Uint8Array>,
  format: "gzip" | "zstd",
  upload: Upload,
): AsyncGenerator<Uint8Array> {
  const unpacker =
    format === "gzip"
      ? createGunzip()
      : createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } });
  // The callback is there because pipeline wants one: each failure destroys the unpacker, and so reaches the loop below.
  pipeline(Readable.from(packed, { objectMode: false }), unpacker, () => undefined);
  try {
    for await (const chunk of unpacker as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    throw unpackError(cause, format, upload);
  }
}

function unpackError(cause: unknown, format: string, upload: Upload): unknown {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "Z_BUF_ERROR") {
    return new InputError(
      upload.truncated,
      `The ${upload.noun} ends in the middle of its ${format} data. Send it again, whole.`,
      { cause },
    );
  }
  if (code.startsWith("ZSTD_error_frameParameter_windowTooLarge")) {
    return new InputError(
      upload.invalid,
      `The ${upload.noun} needs a zstd window above 8 MiB. Compress it without --long and --ultra.`,
      { cause },
    );
  }
  if (!code.startsWith("Z_") && !code.startsWith("ZSTD_")) return cause;
  return new InputError(upload.invalid, `The ${upload.noun} has damaged ${format} data. Compress it again.`, { cause });
}
