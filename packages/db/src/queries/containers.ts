import type { State } from "@hafen/contract/lifecycle";
import {
  and,
  asc,
  desc,
  eq,
  exists,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  ne,
  not,
  notInArray,
  or,
  sql,
  type SQL,
} from "drizzle-orm";
import type { Db } from "../client.ts";
import { withoutFlush } from "../without-flush.ts";
import { containers, hosts, mounts, volumes } from "../schema/index.ts";
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

/** Containers of the host that run or are to: what they may reach outside. */
export function containersToAdmit(db: Db, hostId: string): Promise<Pick<ContainerRow, "id" | "config">[]> {
  return db
    .select({ id: containers.id, config: containers.config })
    .from(containers)
    .where(
      and(
        eq(containers.hostId, hostId),
        or(
          inArray(containers.state, ["running", "paused", "restarting"]),
          and(
            inArray(containers.desired, ["running", "paused"]),
            notInArray(containers.state, ["failed", "lost", "removed"]),
          ),
        ),
      ),
    );
}

/** Containers of the host that run past their time to live, and of which nobody has asked anything else. */
export function expiredContainers(db: Db, hostId: string): Promise<ContainerRow[]> {
  return db
    .select()
    .from(containers)
    .where(
      and(
        eq(containers.hostId, hostId),
        inArray(containers.state, ["running", "paused"]),
        inArray(containers.desired, ["running", "paused"]),
        not(containers.startDue),
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
        not(containers.startDue),
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
        ne(containers.desired, "removed"),
        not(containers.startDue),
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
        or(
          inArray(containers.state, ["pending", "created", "running", "paused", "restarting"]),
          and(eq(containers.state, "exited"), containers.startDue),
        ),
      ),
    )
    .returning();
}
/** Containers of the host that are to be removed. */
export function removalsOnHost(db: Db, hostId: string): Promise<ContainerRow[]> {
  return db
    .select()
    .from(containers)
    .where(and(eq(containers.hostId, hostId), eq(containers.desired, "removed"), ne(containers.state, "removed")))
    .limit(500);
}

/** The engine has told that the kernel killed a process of the container for memory. */
export async function noteOutOfMemory(db: Db, id: string, at: Date): Promise<void> {
  await db
    .update(containers)
    .set({ outOfMemoryAt: at })
    .where(and(eq(containers.id, id), or(isNull(containers.outOfMemoryAt), lt(containers.outOfMemoryAt, at))))
    .returning({ withoutFlush });
}

/** Whether the engine has told that the kernel killed a process of the container for memory, not before this. */
export async function sawOutOfMemory(db: Db, id: string, since: Date): Promise<boolean> {
  const [row] = await db
    .select({ id: containers.id })
    .from(containers)
    .where(and(eq(containers.id, id), gte(containers.outOfMemoryAt, since)));
  return row !== undefined;
}

/**
 * Removed rows are kept a day, so that a late question is answered, and then dropped; those of a host that is gone until it is back,
 * which may still have the container and is told by them to remove it.
 */
export async function pruneContainers(db: Db): Promise<void> {
  await db.execute(sql`
    delete from containers where id in
      (select c.id from containers c join hosts h on h.id = c.host_id
        where c.state = 'removed' and c.removed_at < now() - interval '1 day' and h.lease_expires_at > now() limit 500)`);
}

export async function hostNames(db: Db, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.select({ id: hosts.id, name: hosts.name }).from(hosts).where(inArray(hosts.id, ids));
  return new Map(rows.map((row) => [row.id, row.name]));
}
