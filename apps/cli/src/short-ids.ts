import type { Hafen } from "@hafen/sdk";
import { Failure } from "./failures.ts";

// An id of ours begins with its time, so things made together differ at the end; a digest differs at once.
const SHORT = 12;
const SHORT_ID = /^[0-9a-hjkmnp-tv-z]{12}$/;
const SHORT_DIGEST = /^(sha256:)?[0-9a-f]{12,64}$/;

export function shortId(id: string): string {
  return id.slice(-SHORT);
}

export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, SHORT);
}

/** What the API calls a container that was named by what `ps` shows. */
export async function containerRef(client: Hafen, ref: string): Promise<string> {
  if (!SHORT_ID.test(ref)) return ref;
  const found: string[] = [];
  for await (const { id, name } of client.containers.listAll({ limit: 200 })) {
    if (name === ref) return ref;
    if (id.endsWith(ref)) found.push(id);
  }
  return only(found, ref);
}

/** The same for an image and what `images` shows. */
export async function imageRef(client: Hafen, ref: string): Promise<string> {
  if (!SHORT_DIGEST.test(ref)) return ref;
  const digest = ref.startsWith("sha256:") ? ref : `sha256:${ref}`;
  const found: string[] = [];
  for await (const image of client.images.listAll({ limit: 200 })) {
    if (image.tags.includes(`${ref}:latest`)) return ref;
    if (image.digest.startsWith(digest)) found.push(image.id);
  }
  return only(found, ref);
}

function only(found: string[], ref: string): string {
  if (found.length > 1) throw new Failure(`${ref} is short for more than one; give the whole id`);
  return found[0] ?? ref;
}
