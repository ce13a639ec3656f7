import { createHash } from "node:crypto";
import { extract, type Header } from "tar-stream";
import { repackContext, type ContextSummary } from "./repack-context.ts";

/** Builds tars for tests block by block, so that they can be wrong in ways no tar writer allows. */
export interface RawEntry {
  name: string;
  flag?: string;
  body?: string | Uint8Array;
  linkName?: string;
  mode?: number;
  uid?: number;
  gid?: number;
  mtimeSeconds?: number;
  /** Declared instead of the body's own. */
  sizeBytes?: number;
  sizeField?: Uint8Array;
}

export const END = Buffer.alloc(1024);
export const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export function raw(entry: RawEntry): Buffer {
  const body = Buffer.from(entry.body ?? "");
  const header = Buffer.alloc(512);
  header.write(entry.name, 0, 100, "utf8");
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  header.write(octal(entry.mode ?? 0o644, 7), 100);
  header.write(octal(entry.uid ?? 1000, 7), 108);
  header.write(octal(entry.gid ?? 1000, 7), 116);
  header.write(octal(entry.sizeBytes ?? body.length, 11), 124);
  if (entry.sizeField !== undefined) header.set(entry.sizeField, 124);
  header.write(octal(entry.mtimeSeconds ?? 1_700_000_000, 11), 136);
  header.write("        ", 148);
  header.write(entry.flag ?? "0", 156);
  header.write(entry.linkName ?? "", 157, 100, "utf8");
  header.write("ustar\x0000", 257);
  header.write("frank", 265);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  );
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

export function tarOf(...entries: RawEntry[]): Buffer {
  return Buffer.concat([...entries.map(raw), END]);
}

export function pax(records: Record<string, string>, flag = "x"): RawEntry {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(rest) + 1;
    while (Buffer.byteLength(rest) + String(length).length !== length)
      length = Buffer.byteLength(rest) + String(length).length;
    return `${length}${rest}`;
  });
  return { name: "pax", flag, body: lines.join("") };
}

export async function* chunked(bytes: Uint8Array, sizeBytes = bytes.length || 1): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

export const LIMITS = {
  maxBytes: 10_000_000,
  maxEntries: 1000,
  maxPathBytes: 1024,
  dockerfile: "Dockerfile",
  maxDockerfileBytes: 10_000,
};
export const DOCKERFILE: RawEntry = { name: "Dockerfile", body: "FROM a\n" };

export async function repack(
  tar: Uint8Array,
  limits: Partial<typeof LIMITS> = {},
  chunkBytes?: number,
): Promise<{ tar: Buffer; summary: ContextSummary }> {
  const packing = repackContext(chunked(tar, chunkBytes), { ...LIMITS, ...limits });
  return { tar: await collect(packing.tar), summary: await packing.summary };
}

export async function list(tar: Uint8Array): Promise<(Header & { body: string })[]> {
  const reader = extract();
  reader.end(tar);
  const found: (Header & { body: string })[] = [];
  for await (const entry of reader)
    found.push({ ...entry.header, body: (await collect(entry as AsyncIterable<Uint8Array>)).toString("latin1") });
  return found;
}

export const names = async (tar: Uint8Array): Promise<string[]> => (await list(tar)).map(({ name }) => name);
