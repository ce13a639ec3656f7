import { ProblemError } from "@hafen/contract";
import type { Access } from "@hafen/contract/lifecycle";
import { findGrantedImage, findImageById, findImageByTag, type Db, type ImageRow } from "@hafen/db";
import { asProblem } from "../archive/as-problem.ts";
import { grantedName } from "../reference/granted-name.ts";
import { isImageId } from "../reference/is-image-id.ts";
import { tagName } from "../reference/tag-name.ts";

/**
 * What an image name means for this user: an id or digest of an image of theirs, of the catalog or granted to them, else their own tag,
 * else the catalog's; `@owner/name` is another user's, where they grant it. Nothing else of another user's is ever found.
 */
export async function lookUpImage(
  db: Db,
  userId: string,
  ref: string,
  access: Access = "read",
): Promise<ImageRow | undefined> {
  if (isImageId(ref)) return findImageById(db, userId, ref, access);
  const granted = grantedName(ref);
  if (granted) return findGrantedImage(db, userId, granted.owner, parseTag(granted.name), access);
  return findImageByTag(db, userId, parseTag(ref));
}

export async function findImage(db: Db, userId: string, ref: string, access: Access = "read"): Promise<ImageRow> {
  const image = await lookUpImage(db, userId, ref, access);
  if (image) return image;
  if (access === "use" && (await lookUpImage(db, userId, ref)))
    throw new ProblemError("grant_read_only", `You may look at ${ref}, not use it. Ask its owner for access "use".`);
  throw new ProblemError(
    "image_not_found",
    `You have no image ${ref}, and the catalog has none. Build or import it; GET /v1/images lists what there is.`,
  );
}

/** `repository:tag` with `latest` filled in. */
export function parseTag(text: string): string {
  return asProblem(() => tagName(text));
}
