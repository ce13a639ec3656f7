import type { Owned, Removal } from "@hafen/contract";
import { ACTIONS } from "@hafen/contract/lifecycle";
import { and, asc, eq, inArray, isNull, ne, or, sql, type SQL } from "drizzle-orm";
import type { Db } from "../client.ts";
import { notify } from "../notify.ts";
import { apiKeys, builds, containers, images, imageTags, quotas, users, volumes } from "../schema/index.ts";
import type { BuildRow } from "./builds.ts";
import type { ContainerRow } from "./containers.ts";
import type { UserRow } from "./users.ts";

const onHostThatIsAway = sql`host_id in (select id from hosts where lease_expires_at < now())`;

/**
 * Every table that says whose its rows are, in the order in which they go with their user. `rows`: deleted at the end. A condition: those
 * rows alone, since the others are what a host that is away needs to know when it is back. `kept`: stays, and why. A test holds this against the schema.
 */
export const OWNED_TABLES: Record<string, "rows" | SQL | { kept: string }> = {
  port_links: "rows",
  flows: "rows",
  usage_days: "rows",
  mounts: "rows",
  containers: sql`state = 'removed' and not ${onHostThatIsAway}`,
  volumes: sql`state = 'removed' and (host_id is null or not ${onHostThatIsAway})`,
  image_tags: "rows",
  images: sql`false`, // each goes once its host has dropped it
  builds: "rows",
  blobs: "rows",
  networks: "rows",
  registry_credentials: "rows",
  container_secrets: "rows",
  secrets: "rows",
  retention: "rows",
  idempotency_keys: "rows",
  events: "rows",
  build_time: "rows",
  api_keys: "rows",
  quotas: { kept: "all 0, so that a request that was under way is refused" },
  audit_log: { kept: "the record outlives the user" },
};

/** RFC 3339, by the database's clock. */
export async function databaseNow(db: Db): Promise<string> {
  const [row] = await db.execute<{ at: string }>(
    sql`select to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`,
  );
  return row?.at ?? "";
}

export async function countOwned(db: Db, userId: string): Promise<Owned> {
  const [row] = await db.execute<Record<keyof Owned, string>>(sql`
    select (select count(*) from containers where user_id = ${userId} and state <> 'removed') as containers,
           (select count(*) from volumes where user_id = ${userId} and state <> 'removed') as volumes,
           (select count(*) from images where user_id = ${userId}) as images,
           (select coalesce(sum(size_bytes), 0) from images where user_id = ${userId}) as "imageBytes",
           (select count(*) from builds where user_id = ${userId}) as builds,
           (select coalesce(sum(pg_column_size(c.data)), 0) from blob_chunks c join blobs b on b.id = c.blob_id
             where b.user_id = ${userId}) as "contextBytes",
           (select count(*) from api_keys where user_id = ${userId} and revoked_at is null) as keys,
           (select count(*) from port_links where user_id = ${userId} and revoked_at is null) as links,
           (select count(*) from registry_credentials where user_id = ${userId}) as registries`);
  if (!row) throw new Error("countOwned: no row");
  return Object.fromEntries(Object.entries(row).map(([name, count]) => [name, Number(count)])) as Owned;
}

/** From this commit on the user is nobody: no key is theirs, and of nothing may there be more. */
export async function shutOut(tx: Db, userId: string, removal: Removal): Promise<UserRow | undefined> {
  const [row] = await tx
    .update(users)
    .set({ state: "removing", removal })
    .where(and(eq(users.id, userId), eq(users.state, "active")))
    .returning();
  if (!row) return undefined;
  await tx
    .update(quotas)
    .set({
      containers: 0,
      running: 0,
      cpus: 0,
      memoryBytes: 0,
      volumes: 0,
      images: 0,
      builds: 0,
      pids: 0,
      imageBytes: 0,
      buildMinutes: 0,
      streams: 0,
      keys: 0,
    })
    .where(eq(quotas.userId, userId));
  const keys = await tx
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id });
  for (const { id } of keys) await notify(tx, id);
  await tx.execute(sql`update port_links set revoked_at = now() where user_id = ${userId} and revoked_at is null`);
  return row;
}

export async function cancelBuildsOf(tx: Db, userId: string): Promise<BuildRow[]> {
  return tx
    .update(builds)
    .set({ cancelRequestedAt: sql`coalesce(cancel_requested_at, now())` })
    .where(and(eq(builds.userId, userId), inArray(builds.state, ["queued", "running"])))
    .returning();
}

export async function removeContainersOf(tx: Db, userId: string): Promise<ContainerRow[]> {
  const rows = await tx
    .update(containers)
    .set({
      desired: "removed",
      state: "removing",
      startDue: false,
      removeVolumes: true,
      generation: sql`${containers.generation} + 1`,
      requestedAt: sql`now()`,
      failures: 0,
    })
    .where(
      and(
        eq(containers.userId, userId),
        ne(containers.desired, "removed"),
        inArray(containers.state, [...ACTIONS.forceRemove.from]),
      ),
    )
    .returning();
  for (const { id } of rows) await notify(tx, id);
  return rows;
}

export async function removingUsers(db: Db): Promise<string[]> {
  const rows = await db.select({ id: users.id }).from(users).where(eq(users.state, "removing")).orderBy(asc(users.id));
  return rows.map(({ id }) => id);
}

/** Undefined when another worker has it in hand, or when it is gone. */
export async function takeRemoval(tx: Db, userId: string): Promise<UserRow | undefined> {
  const [row] = await tx
    .select()
    .from(users)
    .where(and(eq(users.id, userId), eq(users.state, "removing")))
    .for("no key update", { skipLocked: true });
  return row;
}

/** Volumes, once no container mounts them: what no host has, or only hosts that are gone, is removed with this. */
export async function removeVolumesOf(tx: Db, userId: string, goneHosts: string[]): Promise<void> {
  const nowhere =
    goneHosts.length > 0 ? or(isNull(volumes.hostId), inArray(volumes.hostId, goneHosts)) : isNull(volumes.hostId);
  const theirs = and(eq(volumes.userId, userId), ne(volumes.state, "removed"));
  await tx
    .update(volumes)
    .set({ state: "removed", removedAt: sql`now()` })
    .where(and(theirs, nowhere));
  await tx
    .update(volumes)
    .set({ state: "removing" })
    .where(and(theirs, ne(volumes.state, "removing")));
}

/** Images, once no build makes another. */
export async function removeImagesOf(tx: Db, userId: string): Promise<void> {
  await tx.delete(imageTags).where(eq(imageTags.userId, userId));
  await tx
    .update(images)
    .set({ state: "removing", catalog: false })
    .where(and(eq(images.userId, userId), eq(images.state, "ready")));
}

/** What a host has still to do, those that are gone left out: they do it when they are back. */
export async function heldBack(
  tx: Db,
  userId: string,
  goneHosts: string[],
): Promise<{ containers: number; volumes: number; images: number; builds: number }> {
  const gone = sql`array[${sql.join(
    goneHosts.map((id) => sql`${id}`),
    sql`, `,
  )}]::text[]`;
  const [row] = await tx.execute<Record<"containers" | "volumes" | "images" | "builds", string>>(sql`
    select (select count(*) from containers where user_id = ${userId} and state <> 'removed') as containers,
           (select count(*) from volumes where user_id = ${userId} and state <> 'removed') as volumes,
           (select count(*) from images where user_id = ${userId} and host_id <> all(${gone})) as images,
           (select count(*) from builds where user_id = ${userId} and state in ('queued', 'running')) as builds`);
  if (!row) throw new Error("heldBack: no row");
  return {
    containers: Number(row.containers),
    volumes: Number(row.volumes),
    images: Number(row.images),
    builds: Number(row.builds),
  };
}

/** The last of it: the rows go, and the name is free. */
export async function finishUser(tx: Db, userId: string): Promise<void> {
  for (const [table, goes] of Object.entries(OWNED_TABLES)) {
    if (goes !== "rows" && "kept" in goes) continue;
    const which = goes === "rows" ? sql`` : sql` and ${goes}`;
    await tx.execute(sql`delete from ${sql.identifier(table)} where user_id = ${userId}${which}`);
  }
  await tx
    .update(users)
    .set({ state: "removed", removedAt: sql`now()` })
    .where(eq(users.id, userId));
  await notify(tx, userId);
}
