import { ProblemError } from "@hafen/contract";
import { findImageById, findImageByTag, type Db, type ImageRow } from "@hafen/db";
import { asProblem } from "../archive/as-problem.ts";
import { isImageId } from "../reference/is-image-id.ts";
import { tagName } from "../reference/tag-name.ts";

/**
 * What an image name means for this user: an id or digest of an image of theirs or of the catalog, else their own tag, else the
 * catalog's. Another user's image is never found, whatever the name.
 */
export async function lookUpImage(db: Db, userId: string, ref: string): Promise<ImageRow | undefined> {
  if (isImageId(ref)) return findImageById(db, userId, ref);
  return findImageByTag(db, userId, parseTag(ref));
}

export async function findImage(db: Db, userId: string, ref: string): Promise<ImageRow> {
  const image = await lookUpImage(db, userId, ref);
  if (image) return image;
  throw new ProblemError(
    "image_not_found",
    `You have no image ${ref}, and the catalog has none. Build or import it; GET /v1/images lists what there is.`,
  );
}

/** `repository:tag` with `latest` filled in. */
export function parseTag(text: string): string {
  return asProblem(() => tagName(text));
}
