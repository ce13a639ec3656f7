import type { BuildFailure } from "@hafen/contract";
import { BUILD_ENDS, type BuildState } from "@hafen/contract/lifecycle";
import { and, asc, desc, eq, gt, gte, inArray, isNull, lt, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { notification, notify } from "../notify.ts";
import { buildBases, buildLogChunks, builds, buildSteps, buildTime, type LogChunkLine } from "../schema/index.ts";
import { withoutFlush } from "../without-flush.ts";
import { removeBlob } from "./blobs.ts";
import type { Page } from "./users.ts";

export type BuildRow = typeof builds.$inferSelect;
export type StepRow = typeof buildSteps.$inferSelect;
export type BaseRow = typeof buildBases.$inferSelect;

export async function insertBuild(tx: Db, build: typeof builds.$inferInsert): Promise<BuildRow> {
  const [row] = await tx.insert(builds).values(build).returning();
  if (!row) throw new Error("insertBuild: no row");
  return row;
}

export async function findBuild(db: Db, userId: string, id: string): Promise<BuildRow | undefined> {
  const [row] = await db
    .select()
    .from(builds)
    .where(and(eq(builds.id, id), eq(builds.userId, userId)));
  return row;
}
export async function buildById(db: Db, id: string): Promise<BuildRow | undefined> {
  const [row] = await db.select().from(builds).where(eq(builds.id, id));
  return row;
}

export function listBuilds(
  db: Db,
  query: Page & { userId: string; state?: BuildState | undefined },
): Promise<BuildRow[]> {
  return db
    .select()
    .from(builds)
    .where(
      and(
        eq(builds.userId, query.userId),
        query.state ? eq(builds.state, query.state) : undefined,
        query.after ? lt(builds.id, query.after) : undefined,
      ),
    )
    .orderBy(desc(builds.id))
    .limit(query.limit);
}

/** Builds that are queued on the same host before this one. */
export async function queuePosition(db: Db, build: BuildRow): Promise<number> {
  const [row] = await db.execute<{ before: string }>(sql`
    select count(*) as before from builds
     where state in ('queued', 'running') and host_id is not distinct from ${build.hostId} and id < ${build.id}`);
  return Number(row?.before ?? 0);
}

/**
 * A worker begins the build: the compare-and-set on `attempt` lets exactly one of several deliveries do so.
 * What an attempt before it left of steps and bases is dropped; its log is kept.
 */
export async function beginBuild(tx: Db, id: string, attempt: number): Promise<BuildRow | undefined> {
  const [row] = await tx
    .update(builds)
    .set({ state: "running", attempt: attempt + 1, startedAt: sql`coalesce(started_at, now())` })
    .where(
      and(
        eq(builds.id, id),
        eq(builds.attempt, attempt),
        inArray(builds.state, ["queued", "running"]),
        isNull(builds.cancelRequestedAt),
      ),
    )
    .returning();
  if (!row) return undefined;
  await Promise.all([
    tx.delete(buildSteps).where(eq(buildSteps.buildId, id)),
    tx.delete(buildBases).where(eq(buildBases.buildId, id)),
    notify(tx, id),
  ]);
  return row;
}

/** This attempt, unless another has begun since, does not count. */
export async function excuseAttempt(db: Db, id: string, attempt: number): Promise<void> {
  await db
    .update(builds)
    .set({ excused: sql`${builds.excused} + 1` })
    .where(and(eq(builds.id, id), eq(builds.attempt, attempt), inArray(builds.state, ["queued", "running"])));
}

/** Ends the build if this attempt still owns it (or none began it: attempt 0). */
export async function endBuild(
  tx: Db,
  id: string,
  attempt: number,
  end: { state: "succeeded"; imageId: string } | { state: "failed"; failure: BuildFailure } | { state: "cancelled" },
): Promise<BuildRow | undefined> {
  const [row] = await tx
    .update(builds)
    .set({ ...end, finishedAt: sql`now()`, startedAt: sql`coalesce(started_at, now())` })
    .where(and(eq(builds.id, id), eq(builds.attempt, attempt), inArray(builds.state, ["queued", "running"])))
    .returning();
  if (row) {
    await Promise.all([
      tx
        .update(buildSteps)
        .set({ state: end.state, finishedAt: sql`now()` })
        .where(and(eq(buildSteps.buildId, id), eq(buildSteps.state, "running"))),
      noteBuildTime(tx, row),
      notify(tx, id),
    ]);
  }
  return row;
}

/** What it took counts against its user's minutes when the build itself is long forgotten. */
async function noteBuildTime(tx: Db, { userId, startedAt, finishedAt }: BuildRow): Promise<void> {
  const seconds = ((finishedAt?.getTime() ?? 0) - (startedAt?.getTime() ?? 0)) / 1000;
  if (seconds <= 0) return;
  await tx
    .insert(buildTime)
    .values({ userId, day: sql`(now() at time zone 'utc')::date`, seconds })
    .onConflictDoUpdate({
      target: [buildTime.userId, buildTime.day],
      set: { seconds: sql`${buildTime.seconds} + excluded.seconds` },
    });
}

/** Days that no quota counts any more. */
export async function pruneBuildTime(db: Db): Promise<void> {
  await db.execute(sql`delete from build_time where day < (now() at time zone 'utc')::date - 31`);
}

/** Seconds that the user's builds may still take; below 0 when they have taken too many. */
export async function buildSecondsLeft(db: Db, userId: string): Promise<number> {
  const [row] = await db.execute<{ left: string }>(sql`
    select q.build_minutes * 60
         - (select coalesce(sum(seconds), 0) from build_time
             where user_id = ${userId} and day > (now() at time zone 'utc')::date - 30)
         - (select coalesce(sum(extract(epoch from now() - started_at)), 0) from builds
             where user_id = ${userId} and state = 'running') as left
      from quotas q where q.user_id = ${userId}`);
  return Number(row?.left ?? 0);
}

/** Drops an ended build with its steps, its log and its upload. Undefined when it is open, or gone. */
export async function deleteBuild(tx: Db, userId: string, id: string): Promise<BuildRow | undefined> {
  const [row] = await tx
    .delete(builds)
    .where(and(eq(builds.id, id), eq(builds.userId, userId), inArray(builds.state, [...BUILD_ENDS])))
    .returning();
  if (row?.blobId != null) await removeBlob(tx, row.blobId);
  return row;
}

/** Writes down which names of a registry the engine may hold for the build, before it does. */
export async function setEngineNames(db: Db, id: string, names: string[]): Promise<void> {
  const patch = JSON.stringify({ engineNames: names });
  await db
    .update(builds)
    .set({ source: sql`coalesce(${builds.source}, '{}'::jsonb) || ${patch}::jsonb` })
    .where(eq(builds.id, id));
}

/** Asks for an end. Undefined when it has ended already or the ask was made before. */
export async function requestCancel(tx: Db, userId: string, id: string): Promise<BuildRow | undefined> {
  const [row] = await tx
    .update(builds)
    .set({ cancelRequestedAt: sql`now()` })
    .where(
      and(
        eq(builds.id, id),
        eq(builds.userId, userId),
        inArray(builds.state, ["queued", "running"]),
        isNull(builds.cancelRequestedAt),
      ),
    )
    .returning();
  if (row) await notify(tx, id);
  return row;
}

/** Builds that should be worked on, oldest first. */
export function openBuilds(
  db: Db,
  hostId: string | null,
): Promise<{ id: string; attempt: number; state: BuildState }[]> {
  return db
    .select({ id: builds.id, attempt: builds.attempt, state: builds.state })
    .from(builds)
    .where(
      and(
        inArray(builds.state, ["queued", "running"]),
        hostId === null ? isNull(builds.hostId) : eq(builds.hostId, hostId),
      ),
    )
    .orderBy(asc(builds.id))
    .limit(500);
}

export async function placeBuild(db: Db, id: string, hostId: string): Promise<boolean> {
  const rows = await db
    .update(builds)
    .set({ hostId })
    .where(and(eq(builds.id, id), isNull(builds.hostId)))
    .returning({ id: builds.id });
  return rows.length === 1;
}

/** Open builds of a host that is gone: any host may begin them anew, and the compare-and-set on `attempt` shuts the old one out. */
export async function unplaceBuilds(tx: Db, hostId: string): Promise<void> {
  await tx
    .update(builds)
    .set({ hostId: null })
    .where(and(eq(builds.hostId, hostId), inArray(builds.state, ["queued", "running"])));
}

export async function saveSteps(db: Db, steps: (typeof buildSteps.$inferInsert)[]): Promise<void> {
  await db
    .insert(buildSteps)
    .values(steps)
    .onConflictDoUpdate({
      target: [buildSteps.buildId, buildSteps.number],
      set: {
        instruction: sql`excluded.instruction`,
        state: sql`excluded.state`,
        cached: sql`excluded.cached`,
        layerDigest: sql`excluded.layer_digest`,
        finishedAt: sql`excluded.finished_at`,
      },
    })
    .returning({ withoutFlush });
}
export async function setStepSizes(
  db: Db,
  buildId: string,
  sizes: { layerDigest: string; sizeBytes: number }[],
): Promise<void> {
  await db.execute(sql`
    update build_steps s set size_bytes = layer."sizeBytes"
      from jsonb_to_recordset(${JSON.stringify(sizes)}::jsonb) as layer("layerDigest" text, "sizeBytes" bigint)
     where s.build_id = ${buildId} and s.layer_digest = layer."layerDigest"
    returning ${withoutFlush}`);
}
export function listSteps(db: Db, buildId: string): Promise<StepRow[]> {
  return db.select().from(buildSteps).where(eq(buildSteps.buildId, buildId)).orderBy(asc(buildSteps.number));
}

export async function saveBases(db: Db, rows: (typeof buildBases.$inferInsert)[]): Promise<void> {
  if (rows.length > 0) await db.insert(buildBases).values(rows).onConflictDoNothing().returning({ withoutFlush });
}
export function listBases(db: Db, buildId: string): Promise<BaseRow[]> {
  return db.select().from(buildBases).where(eq(buildBases.buildId, buildId)).orderBy(asc(buildBases.reference));
}

/** May be repeated with the same lines: after a lost connection nobody knows whether they were written. */
export async function appendLog(db: Db, buildId: string, firstLine: number, lines: LogChunkLine[]): Promise<void> {
  await db
    .insert(buildLogChunks)
    .values({ buildId, firstLine, lines })
    .onConflictDoNothing()
    .returning({ told: notification(buildId) });
}
/** The number of the next line to be written. */
export async function logEnd(db: Db, buildId: string): Promise<number> {
  const [chunk] = await db
    .select()
    .from(buildLogChunks)
    .where(eq(buildLogChunks.buildId, buildId))
    .orderBy(desc(buildLogChunks.firstLine))
    .limit(1);
  return chunk ? chunk.firstLine + chunk.lines.length : 1;
}
/** Lines with a number over `after`, a few chunks at a time. */
export async function readLog(db: Db, buildId: string, after: number): Promise<({ id: number } & LogChunkLine)[]> {
  const chunks = await db
    .select()
    .from(buildLogChunks)
    .where(
      and(
        eq(buildLogChunks.buildId, buildId),
        gt(sql`${buildLogChunks.firstLine} + jsonb_array_length(${buildLogChunks.lines})`, after + 1),
        gte(buildLogChunks.firstLine, 0),
      ),
    )
    .orderBy(asc(buildLogChunks.firstLine))
    .limit(20);
  return chunks
    .flatMap((chunk) => chunk.lines.map((line, i) => ({ id: chunk.firstLine + i, ...line })))
    .filter((line) => line.id > after);
}
