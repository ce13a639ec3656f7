import { ProblemError } from "@hafen/contract";
import type { Context } from "hono";

const TYPES = [
  "application/x-tar",
  "application/tar",
  "application/gzip",
  "application/x-gzip",
  "application/zstd",
  "application/octet-stream",
];

/** The request's body as a stream of bytes; what it is inside, its magic tells. */
export function uploadOf(c: Context): AsyncIterable<Uint8Array> {
  const type = (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (!TYPES.includes(type))
    throw new ProblemError(
      "unsupported_media_type",
      `Send the tar with Content-Type ${TYPES[0]}, not ${type || "none"}.`,
    );
  if (c.req.header("content-encoding") !== undefined)
    throw new ProblemError("unsupported_media_type", "Send a compressed tar as it is, without Content-Encoding.");
  return c.req.raw.body ?? (async function* () {})();
}
