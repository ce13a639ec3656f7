import { HafenError, type Hafen, type HafenErrorCode } from "@hafen/sdk";
import { Failure } from "./failures.ts";

// An id of ours begins with its time, so things made together differ at the end; a digest differs at once.
const SHORT = 12;
const ABSENT: HafenErrorCode[] = ["container_not_found", "image_not_found", "reference_invalid"];
const PART_OF_ID = /^(ctr_[0-9a-z]{4,}|[0-9a-hjkmnp-tv-z]{4,})$/;
const PART_OF_DIGEST = /^(sha256:)?[0-9a-f]{4,}$/;

export function shortId(id: string): string {
  return id.slice(-SHORT);
}

export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, SHORT);
}

/** What the API calls a container that is named by the end of its id, as `ps` shows it, or by its beginning. */
export async function containerRef(client: Hafen, ref: string): Promise<string> {
  if (!PART_OF_ID.test(ref) || (await exists(client.containers.get(ref)))) return ref;
  const all = await Array.fromAsync(client.containers.listAll({ limit: 200 }));
  return only(
    all.flatMap(({ id }) => (id.endsWith(ref) || id.startsWith(ref) ? [id] : [])),
    ref,
  );
}

/** The same for an image and the beginning of its digest, as `images` shows it. */
export async function imageRef(client: Hafen, ref: string): Promise<string> {
  if (!PART_OF_DIGEST.test(ref) || (await exists(client.images.get(ref)))) return ref;
  const digest = ref.startsWith("sha256:") ? ref : `sha256:${ref}`;
  const all = await Array.fromAsync(client.images.listAll({ limit: 200 }));
  return only(
    all.flatMap((image) => (image.digest.startsWith(digest) ? [image.id] : [])),
    ref,
  );
}

/** A whole name goes before a part of an id. */
async function exists(got: Promise<unknown>): Promise<boolean> {
  try {
    await got;
    return true;
  } catch (error) {
    if (error instanceof HafenError && ABSENT.includes(error.code)) return false;
    throw error;
  }
}

function only(found: string[], ref: string): string {
  if (found.length > 1) throw new Failure(`${ref} is short for more than one; give more of the id`);
  return found[0] ?? ref;
}
