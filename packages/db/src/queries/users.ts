import type { Quota, Scope } from "@hafen/contract";
import { and, desc, eq, isNull, lt, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { apiKeys, auditLog, quotas, users } from "../schema/index.ts";
import { isHeld } from "./container-requests.ts";

export type UserRow = typeof users.$inferSelect;
export type KeyRow = typeof apiKeys.$inferSelect;
export interface Page {
  limit: number;
  /** The last id of the page before. */
  after?: string | undefined;
}

export async function insertUser(db: Db, user: typeof users.$inferInsert, quota: Quota): Promise<UserRow | undefined> {
  const [row] = await db.insert(users).values(user).onConflictDoNothing({ target: users.name }).returning();
  if (row) await db.insert(quotas).values({ userId: row.id, ...quota });
  return row;
}

export async function findUser(db: Db, ref: string): Promise<UserRow | undefined> {
  const [row] = await db
    .select()
    .from(users)
    .where(or(eq(users.id, ref), eq(users.name, ref)));
  return row;
}

export function listUsers(db: Db, page: Page): Promise<UserRow[]> {
  return db
    .select()
    .from(users)
    .where(page.after ? lt(users.id, page.after) : undefined)
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

/** The live key with this hash and its user; undefined when revoked, expired or unknown. */
export async function findLiveKey(db: Db, hash: string): Promise<{ key: KeyRow; user: UserRow } | undefined> {
  const [row] = await db
    .select({ key: apiKeys, user: users })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(
      and(
        eq(apiKeys.hash, hash),
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
    select c.containers, c.running, c.cpus, c."memoryBytes", v.volumes, i.images, b.builds from
      (select count(*) as containers,
              count(*) filter (where ${isHeld}) as running,
              coalesce(sum(greatest((limits->>'cpus')::float8, (pending_limits->>'cpus')::float8)) filter (where ${isHeld}), 0) as cpus,
              coalesce(sum(greatest((limits->>'memoryBytes')::int8, (pending_limits->>'memoryBytes')::int8)) filter (where ${isHeld}), 0) as "memoryBytes"
         from containers where user_id = ${userId} and state <> 'removed') c,
      (select count(*) as volumes from volumes where user_id = ${userId} and state <> 'removed') v,
      (select count(*) as images from images where user_id = ${userId} and state = 'ready') i,
      (select count(*) as builds from builds where user_id = ${userId} and state in ('queued', 'running')) b`);
  if (!row) throw new Error("usage: no row");
  return {
    containers: Number(row.containers),
    running: Number(row.running),
    cpus: Number(row.cpus),
    memoryBytes: Number(row.memoryBytes),
    volumes: Number(row.volumes),
    images: Number(row.images),
    builds: Number(row.builds),
  };
}

export interface AuditEntry {
  userId: string;
  keyId?: string | undefined;
  requestId?: string | undefined;
  action: string;
  subject: string;
  detail?: Record<string, unknown>;
}
export async function insertAudit(db: Db, entry: AuditEntry): Promise<void> {
  await db.insert(auditLog).values(entry);
}

export function scopesOf(role: "user" | "admin"): Scope[] {
  return role === "admin" ? ["read", "write", "admin"] : ["read", "write"];
}
