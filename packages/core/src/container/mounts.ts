import { newId, ProblemError, type CreateContainer, type MountRequest } from "@hafen/contract";
import { findContainer, findVolume, insertVolume, mountsOf, shareGrants, shareVolumes, type Db } from "@hafen/db";
import { cleanPath } from "../files/clean-path.ts";
import { stillCopying } from "../volume/copying.ts";
import { namedBy } from "../volume/create.ts";
import { lookUpGranted } from "../grant/volume.ts";

/** One mount as it goes into a row; volumes that did not exist have been made. */
export interface PlannedMount {
  type: "volume" | "tmpfs";
  volumeId: string | null;
  /** Whose it is. */
  volumeOwnerId: string | null;
  /** For another user's: by which of their grants. */
  grantId: string | null;
  target: string;
  readOnly: boolean;
  sizeBytes: number | null;
}
interface Wanted extends PlannedMount {
  make?: NewVolume;
  /** The request, or that of the container it is taken from, says which volume. */
  named?: boolean;
}
/** A volume to make: its name, or null for an anonymous one; its name is a path when it is one of the virtual host tree. */
type NewVolume = { name: string | null; hostPath?: string };

const NO_VOLUME = { volumeId: null, volumeOwnerId: null, grantId: null };
const DEFAULT_TMPFS_BYTES = 64 * 1024 * 1024;

/**
 * Works out the mounts of a new container, with Docker's order of precedence for a target: the request's own mounts,
 * then `volumesFrom` (a later one over an earlier one), then an anonymous volume for each VOLUME of the image.
 */
export async function planMounts(
  db: Db,
  userId: string,
  input: CreateContainer,
  imageVolumes: string[],
): Promise<Wanted[]> {
  const byTarget = new Map<string, Wanted>();
  for (const from of input.volumesFrom ?? []) {
    for (const mount of await mountsFrom(db, userId, from)) byTarget.set(mount.target, mount);
  }
  const own = new Set<string>();
  for (const mount of input.mounts ?? []) {
    const target = cleanPath(mount.target);
    if (own.has(target))
      throw new ProblemError("mount_invalid", `Two mounts have the target ${target}; give each its own.`);
    own.add(target);
    byTarget.set(target, await wantedMount(db, userId, mount, target));
  }
  for (const volume of imageVolumes) {
    const target = cleanPath(volume);
    if (target === "/" || byTarget.has(target)) continue;
    byTarget.set(target, {
      type: "volume",
      ...NO_VOLUME,
      target,
      readOnly: false,
      sizeBytes: null,
      make: { name: null },
    });
  }
  if (byTarget.size > 64)
    throw new ProblemError(
      "mount_invalid",
      `The container would have ${byTarget.size} mounts; at most 64 are allowed.`,
    );
  return [...byTarget.values()];
}

/** How many volumes the plan makes, for the quota; one name wanted twice is one volume. */
export function volumesToMake(plan: Wanted[]): number {
  const names = plan.flatMap((mount) => (mount.make?.name ? [mount.make.name] : []));
  return new Set(names).size + plan.filter((mount) => mount.make?.name === null).length;
}

/** The volumes that are mounted by name, which the container's removal keeps, also those that are anonymous. */
export function namedVolumes(plan: Wanted[]): string[] {
  return plan.flatMap(({ volumeId, named }) => (volumeId !== null && named ? [volumeId] : []));
}

/** Makes the plan's new volumes and holds the others against removal, inside the transaction that makes the container. */
export async function takeVolumes(tx: Db, userId: string, plan: Wanted[]): Promise<PlannedMount[]> {
  const made = new Map<string, string>();
  const mounts: PlannedMount[] = [];
  for (const { make, named: _, ...mount } of plan) {
    if (make === undefined) {
      mounts.push(mount);
      continue;
    }
    const known = make.name === null ? undefined : made.get(make.name);
    const volumeId = known ?? (await makeVolume(tx, userId, make));
    if (make.name !== null) made.set(make.name, volumeId);
    mounts.push({ ...mount, volumeId, volumeOwnerId: userId });
  }
  const own = mounts.flatMap((mount) => (mount.volumeId && mount.grantId === null ? [mount.volumeId] : []));
  const ids = [...new Set(own)];
  const held = await shareVolumes(tx, userId, ids);
  if (held.length < ids.length)
    throw new ProblemError("volume_not_found", "A volume was removed while the container was being made. Ask again.");
  await holdGrants(tx, userId, mounts);
  return mounts;
}

/** Until the container is there none of them is revoked; what is revoked later finds it. */
async function holdGrants(tx: Db, userId: string, mounts: PlannedMount[]): Promise<void> {
  const granted = mounts.filter((mount) => mount.grantId !== null);
  const held = new Map(
    (
      await shareGrants(
        tx,
        userId,
        granted.flatMap(({ grantId }) => grantId ?? []),
      )
    ).map(({ id, access }) => [id, access]),
  );
  for (const { grantId, target, readOnly } of granted) {
    const access = held.get(grantId ?? "");
    if (access === undefined)
      throw new ProblemError("volume_not_found", `The volume of ${target} is granted to you no longer, or removed.`);
    if (access === "read" && !readOnly)
      throw new ProblemError("grant_read_only", `The volume of ${target} is granted for reading: mount it read-only.`);
  }
}

async function makeVolume(tx: Db, userId: string, { name, hostPath }: NewVolume): Promise<string> {
  const id = newId("volume");
  const made = await insertVolume(tx, { id, userId, name: name ?? id, anonymous: name === null, hostPath, labels: {} });
  // Another request made the name between our look and now: use that one.
  const row = made ?? (await findVolume(tx, userId, name ?? id));
  if (!row)
    throw new ProblemError("volume_not_found", `The volume ${name} is being removed. Ask again, or take another name.`);
  return row.id;
}

async function wantedMount(db: Db, userId: string, mount: MountRequest, target: string): Promise<Wanted> {
  if (mount.type === "tmpfs") {
    const sizeBytes = mount.sizeBytes ?? DEFAULT_TMPFS_BYTES;
    return { type: "tmpfs", ...NO_VOLUME, target, readOnly: false, sizeBytes };
  }
  const base = { type: "volume" as const, ...NO_VOLUME, target, readOnly: mount.readOnly ?? false, sizeBytes: null };
  if (mount.source === undefined) return { ...base, make: { name: null } };
  const granted = await lookUpGranted(db, userId, mount.source);
  if (granted) {
    const { volume, grant } = granted;
    if (volume.state === "copying") throw stillCopying(volume);
    return { ...base, volumeId: volume.id, volumeOwnerId: volume.userId, grantId: grant.id, named: true };
  }
  const make = namedBy(mount.source);
  const { name } = make;
  const volume = await findVolume(db, userId, name);
  if (volume?.state === "copying") throw stillCopying(volume);
  if (volume) return { ...base, volumeId: volume.id, volumeOwnerId: userId, named: true };
  if (name.startsWith("vol_"))
    throw new ProblemError(
      "volume_not_found",
      `There is no volume ${name}. Names that start with vol_ are not made on first use.`,
    );
  return { ...base, make };
}

async function mountsFrom(db: Db, userId: string, from: string): Promise<Wanted[]> {
  const [, ref = "", mode] = /^(.*?)(?::(ro|rw))?$/.exec(from) ?? [];
  const container = await findContainer(db, userId, ref);
  if (!container)
    throw new ProblemError(
      "container_not_found",
      `volumesFrom: there is no container ${ref}. Give the id or name of one of yours.`,
    );
  const rows = await mountsOf(db, [container.id]);
  return rows.flatMap((row) =>
    row.volumeId === null
      ? []
      : [
          {
            type: "volume" as const,
            volumeId: row.volumeId,
            volumeOwnerId: row.volumeOwnerId,
            grantId: row.grantId,
            target: row.target,
            readOnly: row.readOnly || mode === "ro",
            sizeBytes: null,
            named: container.config.namedVolumes?.includes(row.volumeId) ?? false,
          },
        ],
  );
}
