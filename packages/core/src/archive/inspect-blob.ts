import { createHash } from "node:crypto";
import { once } from "node:events";
import { constants, createGunzip, createZstdDecompress } from "node:zlib";
import { InputError } from "./error.ts";
import { detectFormat, unsupportedFormat } from "./format.ts";
import { tooLarge, ZSTD_WINDOW_LOG } from "./open-compressed.ts";
import { IMAGE } from "./upload.ts";

/** What passed through: its digest, the digest of what it unpacks to (a layer's diff id), and the text of a small JSON file. */
export interface Blob {
  digest: string;
  diffId: string;
  json?: string;
}

/** Unpacked bytes of all layers together; the engine unpacks them itself, so they are measured here first. */
export interface LayerBudget {
  maxBytes: number;
  unpackedBytes: number;
}

export const MAX_JSON_BYTES = 1024 * 1024;

/** Passes a body through unchanged, and says what it was once it was read. */
export async function* inspectBlob(
  body: AsyncIterable<Uint8Array>,
  name: string,
  budget: LayerBudget,
  report: (blob: Blob) => void,
): AsyncGenerator<Uint8Array> {
  const raw = createHash("sha256");
  let meter: Meter | undefined;
  let json: Uint8Array[] | undefined = [];
  let jsonBytes = 0;
  for await (const chunk of body) {
    meter ??= openMeter(chunk, name, budget);
    raw.update(chunk);
    await meter.write(chunk);
    jsonBytes += chunk.length;
    if (jsonBytes > MAX_JSON_BYTES || (json?.[0] ?? chunk)[0] !== 0x7b) json = undefined;
    json?.push(chunk);
    yield chunk;
  }
  const digest = `sha256:${raw.digest("hex")}`;
  const diffId = meter === undefined ? digest : await meter.end();
  report({ digest, diffId, ...(json !== undefined && { json: Buffer.concat(json).toString("utf8") }) });
}

interface Meter {
  write(chunk: Uint8Array): Promise<void>;
  /** The digest of what came out. */
  end(): Promise<string>;
}

function openMeter(head: Uint8Array, name: string, budget: LayerBudget): Meter {
  const hash = createHash("sha256");
  const count = (chunk: Uint8Array): void => {
    budget.unpackedBytes += chunk.length;
    if (budget.unpackedBytes > budget.maxBytes) throw tooLarge(IMAGE, budget.maxBytes);
    hash.update(chunk);
  };
  const compression = unsupportedFormat(head);
  if (compression !== undefined)
    throw new InputError(
      "archive_invalid",
      `${name} is compressed with ${compression}, which is not taken. Use gzip, zstd or none.`,
    );
  const found = detectFormat(head);
  if (!("format" in found) || found.format === "tar") {
    return { write: async (chunk) => count(chunk), end: async () => `sha256:${hash.digest("hex")}` };
  }
  const unpacker =
    found.format === "gzip"
      ? createGunzip()
      : createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } });
  let failure: unknown;
  unpacker.on("data", (chunk: Uint8Array) => {
    try {
      count(chunk);
    } catch (error) {
      unpacker.destroy(error as Error);
    }
  });
  unpacker.on("error", (cause) => {
    failure =
      cause instanceof InputError
        ? cause
        : new InputError("archive_invalid", `${name} has damaged ${found.format} data.`, { cause });
  });
  const closed = once(unpacker, "close").catch(() => undefined);
  return {
    async write(chunk) {
      if (failure === undefined && !unpacker.write(chunk))
        await Promise.race([once(unpacker, "drain").catch(() => undefined), closed]);
      if (failure !== undefined) throw failure;
    },
    async end() {
      unpacker.end();
      await closed;
      if (failure !== undefined) throw failure;
      return `sha256:${hash.digest("hex")}`;
    },
  };
}
