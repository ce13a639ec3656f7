import type { AuditOutcome } from "@hafen/contract/lifecycle";
import { and, asc, desc, eq, gt, gte, like, lt, sql, type SQL } from "drizzle-orm";
import type { Db } from "../client.ts";
import { auditLog } from "../schema/index.ts";

export type AuditRow = typeof auditLog.$inferSelect;
export interface AuditEntry {
  /** Absent where a key was refused. */
  userId?: string | undefined;
  keyId?: string | undefined;
  requestId?: string | undefined;
  address?: string | undefined;
  outcome?: AuditOutcome;
  action: string;
  subject: string;
  detail?: Record<string, unknown>;
}
export async function insertAudit(db: Db, entry: AuditEntry): Promise<void> {
  await db.insert(auditLog).values(entry);
}

export async function insertAuditLines(db: Db, entries: AuditEntry[]): Promise<void> {
  for (let at = 0; at < entries.length; at += 1000) await db.insert(auditLog).values(entries.slice(at, at + 1000));
}

export interface AuditFilter {
  userId?: string | undefined;
  action?: string | undefined;
  subject?: string | undefined;
  outcome?: AuditOutcome | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
}

/** Newest first, before the line with this id. */
export function listAudit(db: Db, filter: AuditFilter, page: { limit: number; before?: number }): Promise<AuditRow[]> {
  return db
    .select()
    .from(auditLog)
    .where(and(matches(filter), page.before === undefined ? undefined : lt(auditLog.id, page.before)))
    .orderBy(desc(auditLog.id))
    .limit(page.limit);
}

/** Oldest first, after the line with this id. */
export function readAudit(db: Db, filter: AuditFilter, after: number, limit: number): Promise<AuditRow[]> {
  return db
    .select()
    .from(auditLog)
    .where(and(matches(filter), gt(auditLog.id, after)))
    .orderBy(asc(auditLog.id))
    .limit(limit);
}

function matches({ userId, action, subject, outcome, since, until }: AuditFilter): SQL | undefined {
  return and(
    userId === undefined ? undefined : eq(auditLog.userId, userId),
    action === undefined
      ? undefined
      : action.endsWith(".")
        ? like(auditLog.action, `${action}%`)
        : eq(auditLog.action, action),
    subject === undefined ? undefined : eq(auditLog.subject, subject),
    outcome === undefined ? undefined : eq(auditLog.outcome, outcome),
    since && gte(auditLog.at, since),
    until && lt(auditLog.at, until),
  );
}

/**
 * The one way a line goes: the trigger of `audit-guard.ts` lets a transaction that names the days delete what is older, and nothing else.
 * At most so many at once; the sweep comes again.
 */
export async function pruneAudit(db: Db, days: number): Promise<number> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select set_config('hafen.audit_days', ${String(days)}, true)`);
    const rows = await tx.execute<{ id: string }>(sql`
      delete from audit_log where id in
        (select id from audit_log where created_at < now() - make_interval(days => ${days}) order by created_at limit 5000)
      returning id`);
    return rows.length;
  });
}
