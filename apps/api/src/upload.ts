import { ProblemError } from "@hafen/contract";
import { foreseeBuild } from "@hafen/core";
import type { Context } from "hono";
import type { AppEnv } from "./deps.ts";
import { isRepeated } from "./idempotency.ts";

/** Bytes that are what they are: for files, the content of one. */
export const RAW = "application/octet-stream";

const TYPES = [
  "application/x-tar",
  "application/tar",
  "application/gzip",
  "application/x-gzip",
  "application/zstd",
  RAW,
];

export function mediaType(c: Context): string {
  return (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** Whether the client asks for bytes as they are and not for a tar. */
export function isRaw(accept: string | undefined): boolean {
  return (accept ?? "").split(",").some((range) => range.split(";")[0]?.trim().toLowerCase() === RAW);
}

/** The size that the request gives its body. */
export function bodyBytes(c: Context): number {
  const length = c.req.header("content-length");
  if (length !== undefined && /^\d{1,15}$/.test(length)) return Number(length);
  throw new ProblemError("length_required", "Send the file with Content-Length, or its size as ?sizeBytes=.");
}

/** Reads an upload that makes a build: none that its user's quota would refuse, and so many at once. */
export async function whileUploading<T>(c: Context<AppEnv>, read: () => Promise<T>): Promise<T> {
  const { deps, user, ctx } = c.var;
  const release = deps.slots.take("uploads", user.id, c.var.streams);
  try {
    // A repeated one is answered with what the first has made, which may have filled the quota.
    if (!(await isRepeated(c))) await foreseeBuild(ctx);
    return await read();
  } finally {
    release();
  }
}

/** The request's body as a stream of bytes; what it is inside, its magic tells. */
export function uploadOf(c: Context): AsyncIterable<Uint8Array> {
  const type = mediaType(c);
  if (!TYPES.includes(type))
    throw new ProblemError(
      "unsupported_media_type",
      `Send the tar with Content-Type ${TYPES[0]}, not ${type || "none"}.`,
    );
  return c.req.raw.body ?? (async function* () {})();
}
