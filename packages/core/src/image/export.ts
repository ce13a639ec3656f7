import { ProblemError } from "@hafen/contract";
import { imageById, tagsOf, type Db, type ImageRow } from "@hafen/db";
import { EngineError } from "@hafen/engine/error";
import { readTar } from "../archive/read-tar.ts";
import { dockerArchiveTar } from "../archive/repack-docker-archive.ts";
import { IMAGE } from "../archive/upload.ts";
import type { HostCtx } from "../ctx.ts";
import { grantedName } from "../reference/granted-name.ts";
import { isImageId } from "../reference/is-image-id.ts";
import { parseTag } from "./find.ts";

/** What the engine says of its own images is not bounded. */
const UNBOUNDED = { maxBytes: Number.MAX_SAFE_INTEGER, maxEntries: 1_000_000, maxPathBytes: 4096 };

/** The names that an archive has for its image: the one it was asked for by, or all that the asking user sees. */
export async function exportedTags(db: Db, userId: string, image: ImageRow, ref: string): Promise<string[]> {
  if (!isImageId(ref)) return [parseTag(grantedName(ref)?.name ?? ref)];
  return (await tagsOf(db, userId, [image.id])).map(({ name }) => name);
}

/**
 * A `docker save` archive, written anew by us as it comes: the engine's names are Hafen's own, and these stay here. Its configuration
 * stays byte for byte, and with it the image's id.
 */
export async function exportImage(
  ctx: HostCtx,
  id: string,
  tags: readonly string[],
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const image = await imageById(ctx.db, id);
  const gone = () => new ProblemError("image_not_found", "The image is no longer on its host.");
  if (!image || image.hostId !== ctx.hostId || image.state !== "ready") throw gone();
  try {
    const archive = await ctx.engine.saveImage(image.digest, { signal });
    return dockerArchiveTar(readTar(archive, IMAGE), UNBOUNDED, tags);
  } catch (error) {
    if (error instanceof EngineError && error.kind === "not_found") throw gone();
    if (error instanceof EngineError && error.kind === "unavailable")
      throw new ProblemError("host_unreachable", "The host's engine does not answer. Try again soon.");
    throw error;
  }
}
