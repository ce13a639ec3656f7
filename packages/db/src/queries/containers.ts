import type { State } from "@hafen/contract/lifecycle";
import { and, asc, desc, eq, exists, gte, inArray, isNotNull, lt, ne, or, sql, type SQL } from "drizzle-orm";
import type { Db } from "../client.ts";
import { notify } from "../notify.ts";
import { withoutFlush } from "../without-flush.ts";
import { containerEvents, containers, hosts, mounts, volumes } from "../schema/index.ts";
import type { Page } from "./users.ts";
import type { VolumeRow } from "./volumes.ts";

export type ContainerRow = typeof containers.$inferSelect;
export type MountRow = typeof mounts.$inferSelect & {
  volume: Pick<VolumeRow, "id" | "name" | "anonymous" | "hostPath" | "state"> | null;
};

/** Undefined when the user has a container of that name. */
export async function insertContainer(tx: Db, row: typeof containers.$inferInsert): Promise<ContainerRow | undefined> {
  const [made] = await tx
    .insert(containers)
    .values(row)
    .onConflictDoNothing({ target: [containers.userId, containers.name], where: sql`state <> 'removed'` })
    .returning();
  return made;
}

export async function findContainer(db: Db, userId: string, ref: string): Promise<ContainerRow | undefined> {
  const [row] = await db
    .select()
    .from(containers)
    .where(
      and(
        eq(containers.userId, userId),
        ne(containers.state, "removed"),
        or(eq(containers.id, ref), eq(containers.name, ref)),
      ),
    )
    .orderBy(sql`${containers.id} = ${ref} desc`)
    .limit(1);
  return row;
}
/** For workers, which act on ids; also finds rows that are removed. */
export async function containerById(db: Db, id: string): Promise<ContainerRow | undefined> {
  const [row] = await db.select().from(containers).where(eq(containers.id, id));
  return row;
}

export interface ContainerQuery extends Page {
  userId: string;
  state?: State | undefined;
  label?: string | undefined;
  volumeId?: string | undefined;
  imageId?: string | undefined;
}
export function listContainers(db: Db, query: ContainerQuery): Promise<ContainerRow[]> {
  const filters: (SQL | undefined)[] = [eq(containers.userId, query.userId), ne(containers.state, "removed")];
  if (query.after) filters.push(lt(containers.id, query.after));
  if (query.state) filters.push(eq(containers.state, query.state));
  if (query.imageId) filters.push(eq(containers.imageId, query.imageId));
  if (query.label !== undefined) filters.push(labelFilter(query.label));
  if (query.volumeId) {
    const mounted = db
      .select({ one: sql`1` })
      .from(mounts)
      .where(and(eq(mounts.containerId, containers.id), eq(mounts.volumeId, query.volumeId)));
    filters.push(exists(mounted));
  }
  return db
    .select()
    .from(containers)
    .where(and(...filters))
    .orderBy(desc(containers.id))
    .limit(query.limit);
}
function labelFilter(label: string): SQL {
  const at = label.indexOf("=");
  if (at < 0) return sql`${containers.labels} ? ${label}`;
  return sql`${containers.labels} @> ${JSON.stringify({ [label.slice(0, at)]: label.slice(at + 1) })}::jsonb`;
}

export async function insertMounts(tx: Db, rows: (typeof mounts.$inferInsert)[]): Promise<void> {
  if (rows.length > 0) await tx.insert(mounts).values(rows);
}
export async function mountsOf(db: Db, containerIds: string[]): Promise<MountRow[]> {
  if (containerIds.length === 0) return [];
  const rows = await db
    .select({
      mount: mounts,
      volume: {
        id: volumes.id,
        name: volumes.name,
        anonymous: volumes.anonymous,
        hostPath: volumes.hostPath,
        state: volumes.state,
      },
    })
    .from(mounts)
    .leftJoin(volumes, eq(volumes.id, mounts.volumeId))
    .where(inArray(mounts.containerId, containerIds))
    .orderBy(asc(mounts.containerId), asc(mounts.position));
  return rows.map((row) => ({ ...row.mount, volume: row.volume }));
}
export async function dropMounts(tx: Db, containerId: string): Promise<void> {
  await tx.delete(mounts).where(eq(mounts.containerId, containerId));
}

type Insert = Omit<typeof containers.$inferInsert, "id" | "userId" | "generation">;
export type ContainerPatch = { [Column in keyof Insert]?: Insert[Column] | SQL };

/** So long after the database's now. */
export function fromNow(ms: number): SQL {
  return sql`now() + make_interval(secs => ${ms / 1000})`;
}

/** A request that excludes this one is under way. */
const underWay = {
  stop: sql`${containers.desired} = 'exited'`,
  start: sql`${containers.startDue}`,
  pause: sql`(${containers.desired} <> 'running' or ${containers.startDue})`,
  unpause: sql`(${containers.desired} <> 'paused' or ${containers.startDue})`,
};
export type UnderWay = keyof typeof underWay;

/**
 * A request moves the row: only from these states, only when it is not on its way to the same end, and raising the generation.
 * Undefined when another request was first or the state does not allow it.
 */
export async function requestContainer(
  tx: Db,
  key: { id: string; userId: string; from: readonly State[]; unless?: UnderWay | Condition | undefined },
  patch: ContainerPatch,
): Promise<ContainerRow | undefined> {
  const [row] = await tx
    .update(containers)
    .set({ ...patch, generation: sql`${containers.generation} + 1`, requestedAt: sql`now()`, failures: 0 })
    .where(
      and(
        eq(containers.id, key.id),
        eq(containers.userId, key.userId),
        inArray(containers.state, [...key.from]),
        ne(containers.desired, "removed"),
        key.unless && sql`not (${typeof key.unless === "string" ? underWay[key.unless] : key.unless})`,
      ),
    )
    .returning();
  if (row) await notify(tx, row.id);
  return row;
}
/** What must be so for a request to be taken; made here, since only here is SQL written. */
export type Condition = SQL;
/**
 * A container that lies around: it does not run and is not about to. With a time, for longer than that: since its end, or since it was
 * made. Held against the row at the moment it is moved, so that one that starts just then is not lost.
 */
export function lying(longerThan?: SQL): Condition {
  const atRest = sql`not ${containers.startDue} and (${containers.state} = 'failed' and ${containers.desired} <> 'removed'
    or ${containers.state} in ('created', 'exited') and ${containers.desired} in ('created', 'exited'))`;
  if (!longerThan) return sql`(${atRest})`;
  return sql`(${atRest} and coalesce(${containers.finishedAt}, ${containers.createdAt}) < now() - ${longerThan})`;
}
/** For `requestContainer`: it does not lie around, or not for so many days. */
export function notLying(days?: number): Condition {
  return sql`not ${lying(days === undefined ? undefined : sql`make_interval(days => ${days})`)}`;
}

/** A worker writes what it saw, if the row still has the generation it read. Undefined: read again. */
export async function observeContainer(
  db: Db,
  seen: { id: string; generation: number },
  patch: ContainerPatch,
): Promise<ContainerRow | undefined> {
  const [row] = await db
    .update(containers)
    .set(patch)
    .where(and(eq(containers.id, seen.id), eq(containers.generation, seen.generation), ne(containers.state, "removed")))
    .returning();
  return row;
}

/** Milliseconds until the container's restart is due; not over 0 when it is, or when it waits for none. */
export async function restartDueMs(db: Db, id: string): Promise<number> {
  const [row] = await db
    .select({ ms: sql<number>`(extract(epoch from ${containers.restartAt} - now()) * 1000)::float8` })
    .from(containers)
    .where(and(eq(containers.id, id), eq(containers.state, "restarting")));
  return row?.ms ?? 0;
}

/** Rows of the host that differ from what they should be for longer than this. */
export function unsettledContainers(
  db: Db,
  hostId: string,
  olderThanMs: number,
): Promise<{ id: string; generation: number }[]> {
  return db
    .select({ id: containers.id, generation: containers.generation })
    .from(containers)
    .where(
      and(
        ne(containers.state, "removed"),
        sql`(${containers.startDue} or ${containers.desired} <> ${containers.state} or ${containers.pendingLimits} is not null)`,
        sql`not (${containers.state} = 'restarting' and ${containers.desired} = 'running' and ${containers.restartAt} > now())`,
        sql`(${containers.state} not in ('failed', 'lost') or ${containers.desired} = 'removed')`,
        eq(containers.hostId, hostId),
        sql`${containers.requestedAt} < now() - make_interval(secs => ${olderThanMs / 1000})`,
      ),
    )
    .orderBy(asc(containers.requestedAt))
    .limit(500);
}

/** Rows that should have an engine container on this host. */
export function containersOnHost(
  db: Db,
  hostId: string,
): Promise<Pick<ContainerRow, "id" | "generation" | "state" | "engineId" | "health">[]> {
  return db
    .select({
      id: containers.id,
      generation: containers.generation,
      state: containers.state,
      engineId: containers.engineId,
      health: containers.health,
    })
    .from(containers)
    .where(and(eq(containers.hostId, hostId), ne(containers.state, "removed")));
}

/** Containers of the host that run past their time to live. */
export function expiredContainers(db: Db, hostId: string): Promise<ContainerRow[]> {
  return db
    .select()
    .from(containers)
    .where(
      and(
        eq(containers.hostId, hostId),
        inArray(containers.state, ["running", "paused", "restarting"]),
        lt(containers.expiresAt, sql`now()`),
      ),
    )
    .limit(100);
}

/** Containers of the host that run with an idle timeout, and for how long they have not been seen at work. */
export async function idleCandidates(db: Db, hostId: string): Promise<{ row: ContainerRow; idleForSeconds: number }[]> {
  const idleForSeconds = sql<number>`extract(epoch from now() - coalesce(${containers.activeAt}, ${containers.startedAt}, now()))::float8`;
  return db
    .select({ row: containers, idleForSeconds })
    .from(containers)
    .where(
      and(
        eq(containers.hostId, hostId),
        eq(containers.state, "running"),
        eq(containers.desired, "running"),
        isNotNull(containers.idleTimeoutSeconds),
      ),
    );
}

/** Notes that the container is at work. */
export async function touchContainer(db: Db, id: string): Promise<void> {
  await db
    .update(containers)
    .set({ activeAt: sql`now()` })
    .where(and(eq(containers.id, id), eq(containers.state, "running")))
    .returning({ withoutFlush });
}

/** Containers of the host that ended or failed so long ago and were made to remove themselves. */
export function leftoverContainers(db: Db, hostId: string, forSeconds: number): Promise<ContainerRow[]> {
  return db
    .select()
    .from(containers)
    .where(
      and(
        eq(containers.hostId, hostId),
        containers.autoRemove,
        inArray(containers.state, ["exited", "failed"]),
        lt(containers.finishedAt, sql`now() - make_interval(secs => ${forSeconds})`),
      ),
    )
    .limit(100);
}

/** Containers of the host that a request had stopped, and whose policy starts them with the machine all the same. */
export function stoppedButAlways(db: Db, hostId: string): Promise<ContainerRow[]> {
  return db
    .select()
    .from(containers)
    .where(
      and(
        eq(containers.hostId, hostId),
        eq(containers.state, "exited"),
        eq(containers.restartPolicy, "always"),
        sql`${containers.termination}->>'cause' = 'stopped'`,
      ),
    )
    .orderBy(asc(containers.id));
}

export async function nameIsTaken(db: Db, userId: string, name: string): Promise<boolean> {
  const [row] = await db
    .select({ id: containers.id })
    .from(containers)
    .where(and(eq(containers.userId, userId), eq(containers.name, name), ne(containers.state, "removed")));
  return row !== undefined;
}

/** Containers of hosts that are gone; answers with what was moved. */
export function loseContainers(tx: Db, hostId: string): Promise<ContainerRow[]> {
  return tx
    .update(containers)
    .set({
      state: "lost",
      failure: {
        code: "host_lost",
        detail: "The host's worker does not answer; the container is taken up again when it is back.",
      },
      generation: sql`${containers.generation} + 1`,
    })
    .where(
      and(
        eq(containers.hostId, hostId),
        inArray(containers.state, ["pending", "created", "running", "paused", "restarting"]),
      ),
    )
    .returning();
}

export async function insertContainerEvent(db: Db, event: typeof containerEvents.$inferInsert): Promise<void> {
  await db.insert(containerEvents).values(event);
}

/** Whether the engine has told that the kernel killed a process of the container for memory, not before this. */
export async function sawOutOfMemory(db: Db, containerId: string, since: Date): Promise<boolean> {
  const [event] = await db
    .select({ id: containerEvents.id })
    .from(containerEvents)
    .where(
      and(
        eq(containerEvents.containerId, containerId),
        eq(containerEvents.action, "oom"),
        gte(containerEvents.at, since),
      ),
    )
    .limit(1);
  return event !== undefined;
}

/** Removed rows are kept a day, so that a late question is answered, and then dropped. */
export async function pruneContainers(db: Db): Promise<void> {
  await db.execute(sql`
    delete from containers where id in
      (select id from containers where state = 'removed' and removed_at < now() - interval '1 day' limit 500)`);
}

export async function hostNames(db: Db, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.select({ id: hosts.id, name: hosts.name }).from(hosts).where(inArray(hosts.id, ids));
  return new Map(rows.map((row) => [row.id, row.name]));
}
