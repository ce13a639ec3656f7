import { spawn } from "node:child_process";
import { once } from "node:events";
import { pipeline, Readable } from "node:stream";
import { constants, createGunzip, createZstdDecompress } from "node:zlib";
import { InputError } from "./error.ts";
import { detectFormat, unsupportedFormat } from "./format.ts";
import { quoted } from "./quoted.ts";
import { ZSTD_WINDOW_LOG } from "./open-compressed.ts";

/** What the engine unpacks and Node does not. */
const PROGRAMS = {
  xz: ["xz", "-dcqq", "--memlimit-decompress=128MiB"],
  bzip2: ["bzip2", "-dcqq"],
} as const;
type Compression = "gzip" | "zstd" | keyof typeof PROGRAMS;

/** Of those that the engine knows. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  const found = detectFormat(head);
  if ("format" in found) return found.format === "tar" ? undefined : found.format;
  const name = unsupportedFormat(head);
  return name === "xz" || name === "bzip2" ? name : undefined;
}

/** What a file unpacks to, as far as it can be unpacked: the engine gets no further with damaged data. */
export async function* unpacked(
  packed: AsyncIterable<Uint8Array>,
  compression: Compression,
  name: string,
): AsyncGenerator<Uint8Array, void> {
  if (compression === "xz" || compression === "bzip2") return yield* byProgram(packed, compression, name);
  const unpacker =
    compression === "gzip"
      ? createGunzip()
      : createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } });
  pipeline(Readable.from(packed, { objectMode: false }), unpacker, () => undefined);
  try {
    for await (const chunk of unpacker as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (!/^Z_|^ZSTD_/.test(code)) throw cause;
  }
}

async function* byProgram(
  packed: AsyncIterable<Uint8Array>,
  compression: keyof typeof PROGRAMS,
  name: string,
): AsyncGenerator<Uint8Array, void> {
  const [program, ...args] = PROGRAMS[compression];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
  const ended = once(child, "close").catch(() => [undefined]) as Promise<[number | null | undefined]>;
  pipeline(Readable.from(packed, { objectMode: false }), child.stdin, () => undefined);
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) yield chunk;
    const [code] = await ended;
    if (code === 0) return;
    const advice = `Compress it with gzip, or COPY it and unpack it in a RUN.`;
    throw new InputError(
      "context_entry_refused",
      `${quoted(name)} cannot be unpacked with ${program}, so its size is not known. ${advice}`,
    );
  } finally {
    child.kill("SIGKILL");
  }
}
