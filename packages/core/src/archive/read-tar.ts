import { chunkReader, type ChunkReader } from "./chunk-reader.ts";
import { InputError } from "./error.ts";
import { decodePax, type PaxRecords } from "./pax.ts";
import { quoted } from "./quoted.ts";
import { BLOCK_BYTES, decodeHeader, isZeroBlock, text, type TarHeader } from "./tar-header.ts";
import type { Upload } from "./upload.ts";

/*
 * Our own reader, since tar-stream 3.2.2 takes an archive that lacks its end as whole, merges what follows the end marker,
 * and turns names that are not UTF-8 into each other. What is ambiguous between tar readers is an error here.
 */
export type EntryType = "file" | "directory" | "symlink" | "link" | "device" | "fifo" | "sparse" | "unknown";

export interface TarEntry {
  type: EntryType;
  name: string;
  linkName: string;
  sizeBytes: number;
  mode: number;
  uid: number;
  gid: number;
  mtimeSeconds: number;
  /** To be read before the next entry is asked for; what is left is skipped. */
  body: AsyncIterable<Uint8Array>;
}

const MAX_EXTENSION_BYTES = 1024 * 1024;
const TYPES: Readonly<Record<string, EntryType>> = {
  "0": "file",
  "1": "link",
  "2": "symlink",
  "3": "device",
  "4": "device",
  "5": "directory",
  "6": "fifo",
  S: "sparse",
};

/** What the headers before an entry say about it. */
interface Extension {
  pax?: PaxRecords;
  name?: string;
  linkName?: string;
}

export async function* readTar(source: AsyncIterable<Uint8Array>, upload: Upload): AsyncGenerator<TarEntry> {
  const reader = chunkReader(source);
  let extension: Extension = {};
  let last = "its beginning";
  let started = false;
  const damaged = (): InputError =>
    new InputError(
      upload.invalid,
      `The ${upload.noun} is not a tar, is damaged, or has a name that is not UTF-8, after ${last}. Pack it again.`,
    );
  const truncated = (): InputError =>
    new InputError(upload.truncated, `The ${upload.noun} ends too early, after ${last}. Send it again, whole.`);
  try {
    for (;;) {
      const block = await reader.take(BLOCK_BYTES);
      if (block.length < BLOCK_BYTES) throw started ? truncated() : damaged();
      started = true;
      if (isZeroBlock(block)) {
        const second = await reader.take(BLOCK_BYTES);
        if (Object.keys(extension).length > 0 || second.some((byte) => byte !== 0)) throw damaged();
        while ((await reader.some(Number.MAX_SAFE_INTEGER)) !== undefined);
        return;
      }
      const header = decodeHeader(block);
      if (header === undefined) throw damaged();
      if ("xgLK".includes(header.flag)) {
        if (header.sizeBytes > MAX_EXTENSION_BYTES) throw damaged();
        const bytes = await reader.take(header.sizeBytes);
        if (bytes.length < header.sizeBytes || !(await skip(reader, paddingBytes(header.sizeBytes)))) throw truncated();
        const extended = extend(extension, header.flag, bytes);
        if (extended === undefined) throw damaged();
        extension = extended;
        continue;
      }
      const entry = describe(header, extension);
      extension = {};
      last = `entry ${quoted(entry.name)}`;
      let remainingBytes = entry.sizeBytes;
      async function* body(): AsyncGenerator<Uint8Array> {
        while (remainingBytes > 0) {
          const chunk = await reader.some(remainingBytes);
          if (chunk === undefined) throw truncated();
          remainingBytes -= chunk.length;
          yield chunk;
        }
      }
      yield { ...entry, body: body() };
      if (!(await skip(reader, remainingBytes + paddingBytes(entry.sizeBytes)))) throw truncated();
    }
  } finally {
    reader.close();
  }
}

/** Undefined when an extension comes twice for one entry, is malformed, or would rename entries by a global header. */
function extend(extension: Extension, flag: string, bytes: Uint8Array): Extension | undefined {
  if (flag === "L" || flag === "K") {
    const key = flag === "L" ? "name" : "linkName";
    const name = text(bytes, 0, bytes.length);
    return name === undefined || extension[key] !== undefined ? undefined : { ...extension, [key]: name };
  }
  const pax = decodePax(bytes);
  if (pax === undefined || (flag === "x" && extension.pax !== undefined)) return undefined;
  if (flag === "x") return { ...extension, pax };
  const renames = pax.path !== undefined || pax.linkpath !== undefined || pax.size !== undefined || pax.sparse;
  return renames ? undefined : extension;
}

function describe(header: TarHeader, { pax = {}, name, linkName }: Extension): Omit<TarEntry, "body"> {
  const fullName = pax.path || name || header.name;
  let type = TYPES[header.flag] ?? "unknown";
  // Archives older than ustar have no flag for directories, only the slash.
  if (type === "file" && fullName.endsWith("/")) type = "directory";
  if (pax.sparse) type = "sparse";
  const hasBody = type === "file" || type === "sparse" || type === "unknown";
  return {
    type,
    name: fullName,
    linkName: pax.linkpath || linkName || header.linkName,
    sizeBytes: hasBody ? (pax.size ?? header.sizeBytes) : 0,
    mode: header.mode,
    uid: pax.uid ?? header.uid,
    gid: pax.gid ?? header.gid,
    mtimeSeconds: pax.mtime ?? header.mtimeSeconds,
  };
}

function paddingBytes(sizeBytes: number): number {
  return (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

async function skip(reader: ChunkReader, sizeBytes: number): Promise<boolean> {
  let missing = sizeBytes;
  while (missing > 0) {
    const part = await reader.some(missing);
    if (part === undefined) return false;
    missing -= part.length;
  }
  return true;
}
