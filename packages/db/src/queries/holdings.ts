import type { BuildState } from "@hafen/contract/lifecycle";
import { and, asc, eq, getTableColumns, inArray, ne, or, sql, type SQL } from "drizzle-orm";
import type { Db } from "../client.ts";
import { buildBases, builds, containers, hosts, images, layers, volumes } from "../schema/index.ts";
import type { ContainerRow } from "./containers.ts";
import type { ImageRow } from "./images.ts";
import type { VolumeRow } from "./volumes.ts";

/**
 * All that a user has, for what is said of it as a whole: how much it takes, and what of it may go. In a correlated subquery the outer
 * columns are written out: drizzle leaves the table off those that it writes there.
 */

const ageSeconds = (time: SQL) => sql<number>`extract(epoch from now() - ${time})::float8`;

export type HeldContainer = ContainerRow & { ageSeconds: number; volumes: number };
export function heldContainers(db: Db, userId: string): Promise<HeldContainer[]> {
  return db
    .select({
      ...getTableColumns(containers),
      ageSeconds: ageSeconds(sql`${containers.createdAt}`),
      volumes: sql<number>`(
        select count(*)::int from mounts m where m.container_id = containers.id and m.volume_id is not null)`,
    })
    .from(containers)
    .where(and(eq(containers.userId, userId), ne(containers.state, "removed")))
    .orderBy(asc(containers.id));
}

export interface Holder {
  containerId: string;
  name: string;
}
export type HeldVolume = VolumeRow & { mountedBy: Holder[]; copiedBy: number };
export function heldVolumes(db: Db, userId: string): Promise<HeldVolume[]> {
  return db
    .select({
      ...getTableColumns(volumes),
      mountedBy: sql<Holder[]>`coalesce((
        select jsonb_agg(distinct jsonb_build_object('containerId', c.id, 'name', c.name))
          from mounts m join containers c on c.id = m.container_id
         where m.volume_id = volumes.id and c.state <> 'removed'), '[]')`,
      copiedBy: sql<number>`(
        select count(*)::int from volumes v where v.source_id = volumes.id and v.state = 'copying')`,
    })
    .from(volumes)
    .where(and(eq(volumes.userId, userId), ne(volumes.state, "removed")))
    .orderBy(asc(volumes.id));
}

export type HeldImage = ImageRow & { ageSeconds: number; madeInto: Holder[]; usedByOthers: boolean };
/** One's own and the catalog's, with one's own containers that are made from them. */
export function heldImages(db: Db, userId: string): Promise<HeldImage[]> {
  return db
    .select({
      ...getTableColumns(images),
      ageSeconds: ageSeconds(sql`${images.createdAt}`),
      madeInto: sql<Holder[]>`coalesce((
        select jsonb_agg(jsonb_build_object('containerId', c.id, 'name', c.name) order by c.id)
          from containers c where c.image_id = images.id and c.state <> 'removed' and c.user_id = ${userId}), '[]')`,
      usedByOthers: sql<boolean>`exists (
        select 1 from containers c where c.image_id = images.id and c.state <> 'removed' and c.user_id <> ${userId})`,
    })
    .from(images)
    .where(and(or(eq(images.userId, userId), images.catalog), eq(images.state, "ready")))
    .orderBy(asc(images.id));
}

export type LayeredRow = Pick<ImageRow, "id" | "hostId" | "diffIds" | "layerBytes">;
/** Of those that may share layers with this one: on the same host, with the same first layer. */
export function imagesOnSameBase(db: Db, userId: string, image: LayeredRow): Promise<LayeredRow[]> {
  return db
    .select({ id: images.id, hostId: images.hostId, diffIds: images.diffIds, layerBytes: images.layerBytes })
    .from(images)
    .where(
      and(
        or(eq(images.userId, userId), images.catalog),
        eq(images.state, "ready"),
        eq(images.hostId, image.hostId),
        sql`${images.diffIds}[1] = ${image.diffIds[0] ?? ""}`,
      ),
    );
}

/** What the instructions of these images added, newest first. */
export async function historySizes(db: Db, imageIds: string[]): Promise<Map<string, number[]>> {
  if (imageIds.length === 0) return new Map();
  const rows = await db
    .select({ imageId: layers.imageId, sizeBytes: layers.sizeBytes })
    .from(layers)
    .where(inArray(layers.imageId, imageIds))
    .orderBy(asc(layers.imageId), asc(layers.position));
  const byImage = Map.groupBy(rows, ({ imageId }) => imageId);
  return new Map([...byImage].map(([id, all]) => [id, all.map(({ sizeBytes }) => sizeBytes)]));
}

/** Which images of the user's own stand on which, and which a build under way stands on, as builds recorded it. */
export async function basesInUse(
  db: Db,
  userId: string,
): Promise<{ baseId: string; imageId: string | null; buildId: string }[]> {
  const rows = await db
    .select({ baseId: buildBases.imageId, imageId: images.id, buildId: builds.id })
    .from(buildBases)
    .innerJoin(builds, eq(builds.id, buildBases.buildId))
    .leftJoin(images, and(eq(images.buildId, builds.id), eq(images.userId, userId), eq(images.state, "ready")))
    .where(
      and(
        eq(builds.userId, userId),
        eq(buildBases.source, "own"),
        or(sql`${images.id} is not null`, inArray(builds.state, ["queued", "running"])),
      ),
    );
  return rows.flatMap(({ baseId, ...row }) => (baseId === null ? [] : [{ baseId, ...row }]));
}

export interface HeldBuild {
  id: string;
  tag: string | null;
  state: BuildState;
  labels: Record<string, string>;
  createdAt: Date;
  /** Null while it is open. */
  endedSeconds: number | null;
  logBytes: number;
  contextBytes: number;
}
export async function heldBuilds(db: Db, userId: string): Promise<HeldBuild[]> {
  return db
    .select({
      id: builds.id,
      tag: builds.tag,
      state: builds.state,
      labels: builds.labels,
      createdAt: builds.createdAt,
      endedSeconds: sql<number | null>`${ageSeconds(sql`${builds.finishedAt}`)}`,
      // As it is stored; a chunk is not read for it.
      logBytes: sql<number>`(
        select coalesce(sum(pg_column_size(c.lines)), 0)::float8 from build_log_chunks c where c.build_id = builds.id)`,
      contextBytes: sql<number>`(
        select coalesce(sum(pg_column_size(c.data)), 0)::float8 from blob_chunks c where c.blob_id = builds.blob_id)`,
    })
    .from(builds)
    .where(eq(builds.userId, userId))
    .orderBy(asc(builds.id));
}

/** Where the user has containers or volumes. */
export function hostsOf(db: Db, userId: string): Promise<{ id: string; name: string }[]> {
  return db
    .select({ id: hosts.id, name: hosts.name })
    .from(hosts)
    .where(
      sql`exists (select 1 from ${containers} where ${containers.hostId} = ${hosts.id} and ${containers.userId} = ${userId} and ${containers.state} <> 'removed')
       or exists (select 1 from ${volumes} where ${volumes.hostId} = ${hosts.id} and ${volumes.userId} = ${userId} and ${volumes.state} <> 'removed')`,
    )
    .orderBy(asc(hosts.name));
}

/** What of the user's is on this host: whose bytes a worker may tell the user. */
export async function idsOnHost(
  db: Db,
  userId: string,
  hostId: string,
): Promise<{ containers: { id: string; state: ContainerRow["state"] }[]; volumes: { id: string; state: string }[] }> {
  const [found, held] = await Promise.all([
    db
      .select({ id: containers.id, state: containers.state })
      .from(containers)
      .where(and(eq(containers.userId, userId), eq(containers.hostId, hostId), ne(containers.state, "removed"))),
    db
      .select({ id: volumes.id, state: volumes.state })
      .from(volumes)
      .where(and(eq(volumes.userId, userId), eq(volumes.hostId, hostId), ne(volumes.state, "removed"))),
  ]);
  return { containers: found, volumes: held };
}
