import type { Policy, Quota, Role, Scope } from "@hafen/contract";
import { and, asc, desc, eq, isNull, lt, ne, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { notify } from "../notify.ts";
import { apiKeys, quotas, users } from "../schema/index.ts";
import { isHeld } from "./container-requests.ts";

export type UserRow = typeof users.$inferSelect;
export type KeyRow = typeof apiKeys.$inferSelect;
export interface Page {
  limit: number;
  /** The last id of the page before. */
  after?: string | undefined;
}

export async function insertUser(db: Db, user: typeof users.$inferInsert, quota: Quota): Promise<UserRow | undefined> {
  const [row] = await db
    .insert(users)
    .values(user)
    .onConflictDoNothing({ target: users.name, where: sql`state <> 'removed'` })
    .returning();
  if (row) await db.insert(quotas).values({ userId: row.id, ...quota });
  return row;
}

/** One that is removed is known by its id alone: its name may be another's. */
export async function findUser(db: Db, ref: string): Promise<UserRow | undefined> {
  const [row] = await db
    .select()
    .from(users)
    .where(or(eq(users.id, ref), and(eq(users.name, ref), ne(users.state, "removed"))));
  return row;
}

/** Holds the admins that there are until the transaction ends, so that of two who remove each other one stays. */
export function lockAdmins(tx: Db): Promise<UserRow[]> {
  return tx
    .select()
    .from(users)
    .where(and(eq(users.role, "admin"), eq(users.state, "active")))
    .orderBy(asc(users.id))
    .for("no key update"); // what they make meanwhile is not held up
}

/** Undefined when the user goes, or is gone. */
export async function updateUserRow(
  tx: Db,
  id: string,
  patch: { role?: Role; policy?: Policy },
): Promise<UserRow | undefined> {
  const [row] = await tx
    .update(users)
    .set({ ...patch, id })
    .where(and(eq(users.id, id), eq(users.state, "active")))
    .returning();
  return row;
}

export async function setQuota(
  tx: Db,
  userId: string,
  quota: { [Name in keyof Quota]?: number | undefined },
): Promise<void> {
  await tx
    .update(quotas)
    .set({ ...quota, userId })
    .where(eq(quotas.userId, userId));
}

export async function policyOf(db: Db, userId: string): Promise<Policy> {
  const [row] = await db.select({ policy: users.policy }).from(users).where(eq(users.id, userId));
  return row?.policy ?? {};
}

export function listUsers(db: Db, page: Page): Promise<UserRow[]> {
  return db
    .select()
    .from(users)
    .where(and(ne(users.state, "removed"), page.after ? lt(users.id, page.after) : undefined))
    .orderBy(desc(users.id))
    .limit(page.limit);
}

/** Answers with the row, or undefined when the user has a live key of that name. */
export async function insertKey(db: Db, key: typeof apiKeys.$inferInsert): Promise<KeyRow | undefined> {
  const [row] = await db
    .insert(apiKeys)
    .values(key)
    .onConflictDoNothing({ target: [apiKeys.userId, apiKeys.name], where: sql`revoked_at is null` })
    .returning();
  return row;
}

/** The live key with this hash, its user and how much it may have open; undefined when revoked, expired or unknown. */
export async function findLiveKey(
  db: Db,
  hash: string,
): Promise<{ key: KeyRow; user: UserRow; streams: number } | undefined> {
  const [row] = await db
    .select({ key: apiKeys, user: users, streams: quotas.streams })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .innerJoin(quotas, eq(quotas.userId, users.id))
    .where(
      and(
        eq(apiKeys.hash, hash),
        eq(users.state, "active"),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), sql`${apiKeys.expiresAt} > now()`),
      ),
    );
  return row;
}

/** Notes the use of a key, at most once a minute for each. */
export async function touchKey(db: Db, id: string): Promise<void> {
  await db
    .update(apiKeys)
    .set({ lastUsedAt: sql`now()` })
    .where(
      and(eq(apiKeys.id, id), or(isNull(apiKeys.lastUsedAt), sql`${apiKeys.lastUsedAt} < now() - interval '1 minute'`)),
    );
}

export function listKeys(db: Db, userId: string, page: Page): Promise<KeyRow[]> {
  return db
    .select()
    .from(apiKeys)
    .where(
      and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt), page.after ? lt(apiKeys.id, page.after) : undefined),
    )
    .orderBy(desc(apiKeys.id))
    .limit(page.limit);
}

export async function revokeKey(db: Db, userId: string, ref: string): Promise<KeyRow | undefined> {
  const [row] = await db
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt), or(eq(apiKeys.id, ref), eq(apiKeys.name, ref))))
    .returning();
  return row;
}

/** Of one who is no admin any more. Whoever uses one of the keys is asked again who they are. */
export async function dropAdminScope(tx: Db, userId: string): Promise<void> {
  const rows = await tx
    .update(apiKeys)
    .set({
      scopes: sql`array_remove(${apiKeys.scopes}, 'admin')`,
      revokedAt: sql`case when ${apiKeys.scopes} = array['admin'] then now() end`,
    })
    .where(and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt), sql`'admin' = any(${apiKeys.scopes})`))
    .returning({ id: apiKeys.id });
  for (const { id } of rows) await notify(tx, id);
}

/** Takes the user's quota row for this transaction, so that what is counted next stays true until the commit. */
export async function lockQuota(tx: Db, userId: string): Promise<Quota> {
  const [row] = await tx.select().from(quotas).where(eq(quotas.userId, userId)).for("update");
  if (!row) throw new Error(`user ${userId} has no quota row`);
  const { userId: _, ...quota } = row;
  return quota;
}

export async function getQuota(db: Db, userId: string): Promise<Quota> {
  const [row] = await db.select().from(quotas).where(eq(quotas.userId, userId));
  if (!row) throw new Error(`user ${userId} has no quota row`);
  const { userId: _, ...quota } = row;
  return quota;
}

/** What the user holds now, counted from the rows; limits asked for and not yet in force count as if they were. */
export async function usage(db: Db, userId: string): Promise<Quota> {
  const [row] = await db.execute<Record<keyof Quota, string>>(sql`
    select c.containers, c.running, c.cpus, c."memoryBytes", c.pids, v.volumes, i.images, i."imageBytes", b.builds,
           ceil(b.minutes + t.minutes) as "buildMinutes", 0 as streams, k.keys from
      (select count(*) as containers,
              count(*) filter (where ${isHeld}) as running,
              coalesce(sum(greatest((limits->>'cpus')::float8, (pending_limits->>'cpus')::float8)) filter (where ${isHeld}), 0) as cpus,
              coalesce(sum(greatest((limits->>'memoryBytes')::int8, (pending_limits->>'memoryBytes')::int8)) filter (where ${isHeld}), 0) as "memoryBytes",
              coalesce(sum(greatest((limits->>'pids')::int8, (pending_limits->>'pids')::int8)) filter (where ${isHeld}), 0) as pids
         from containers where user_id = ${userId} and state <> 'removed') c,
      (select count(*) as volumes from volumes where user_id = ${userId} and state <> 'removed') v,
      (select count(*) as images, coalesce(sum(size_bytes), 0) as "imageBytes" from images where user_id = ${userId} and state = 'ready') i,
      (select count(*) as builds,
              coalesce(sum(greatest(extract(epoch from now() - started_at) / 60, 1)), 0) as minutes
         from builds where user_id = ${userId} and state in ('queued', 'running')) b,
      (select coalesce(sum(seconds), 0) / 60 as minutes
         from build_time where user_id = ${userId} and day > (now() at time zone 'utc')::date - 30) t,
      (select count(*) as keys from api_keys
        where user_id = ${userId} and revoked_at is null and (expires_at is null or expires_at > now())) k`);
  if (!row) throw new Error("usage: no row");
  return {
    containers: Number(row.containers),
    running: Number(row.running),
    cpus: Number(row.cpus),
    memoryBytes: Number(row.memoryBytes),
    volumes: Number(row.volumes),
    images: Number(row.images),
    builds: Number(row.builds),
    pids: Number(row.pids),
    imageBytes: Number(row.imageBytes),
    buildMinutes: Number(row.buildMinutes),
    streams: Number(row.streams),
    keys: Number(row.keys),
  };
}

export function scopesOf(role: "user" | "admin"): Scope[] {
  return role === "admin" ? ["read", "write", "admin"] : ["read", "write"];
}
