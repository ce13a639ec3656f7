import { isId, ProblemError } from "@hafen/contract";
import type { Access } from "@hafen/contract/lifecycle";
import { findGrantedVolume, type Db, type GrantRow, type VolumeRow } from "@hafen/db";
import { grantedName } from "../reference/granted-name.ts";
import { getVolume } from "../volume/create.ts";

/** Another user's volume, by id or as `@owner/name`, if it is granted to this one. */
export async function lookUpGranted(
  db: Db,
  userId: string,
  ref: string,
): Promise<{ volume: VolumeRow; grant: GrantRow } | undefined> {
  const named = grantedName(ref);
  if (named) {
    const found = await findGrantedVolume(db, userId, named);
    if (found) return found;
    throw new ProblemError("volume_not_found", `Nobody grants you a volume ${ref}.`);
  }
  return isId("volume", ref) ? findGrantedVolume(db, userId, { id: ref }) : undefined;
}

/** One's own volume, or one that is granted with this access. */
export async function accessibleVolume(db: Db, userId: string, ref: string, access: Access): Promise<VolumeRow> {
  const granted = await lookUpGranted(db, userId, ref);
  if (!granted) return getVolume(db, userId, ref);
  if (access === "use" && granted.grant.access === "read")
    throw new ProblemError("grant_read_only", `You may read ${ref}, not change it. Ask its owner for access "use".`);
  return granted.volume;
}
