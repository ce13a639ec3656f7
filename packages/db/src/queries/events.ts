import type { EventType } from "@hafen/contract";
import { and, asc, desc, eq, like, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { notify } from "../notify.ts";
import { events } from "../schema/index.ts";

export interface NewEvent {
  userId: string;
  type: EventType;
  subject: string;
  data?: Record<string, unknown>;
}

/** Writes the event and, at commit, wakes whoever follows the user's feed or waits for the subject. */
export async function insertEvent(tx: Db, event: NewEvent): Promise<void> {
  await Promise.all([
    tx.insert(events).values({ ...event, data: event.data ?? {} }),
    notify(tx, event.subject),
    notify(tx, `events:${event.userId}`),
  ]);
}

/** The data of the latest event of this type about the subject. */
export async function latestEvent(
  db: Db,
  userId: string,
  subject: string,
  type: EventType,
): Promise<Record<string, unknown> | undefined> {
  const [row] = await db
    .select({ data: events.data })
    .from(events)
    .where(and(eq(events.userId, userId), eq(events.subject, subject), eq(events.type, type)))
    .orderBy(desc(events.id))
    .limit(1);
  return row?.data;
}

export interface EventPosition {
  xid: string;
  id: number;
}
export type EventRow = typeof events.$inferSelect;

/**
 * Events after `position` whose transactions can no longer be overtaken: every transaction still open has a higher id,
 * so a reader that goes on from the last row never misses one that commits late.
 */
export function readEvents(
  db: Db,
  query: {
    userId: string;
    after: EventPosition;
    type?: string | undefined;
    subject?: string | undefined;
    limit: number;
  },
): Promise<EventRow[]> {
  return db
    .select()
    .from(events)
    .where(
      and(
        eq(events.userId, query.userId),
        sql`(${events.xid}, ${events.id}) > (${query.after.xid}::xid8, ${query.after.id})`,
        sql`${events.xid} < pg_snapshot_xmin(pg_current_snapshot())`,
        query.type === undefined
          ? undefined
          : query.type.endsWith(".")
            ? like(events.type, `${query.type}%`)
            : eq(events.type, query.type as EventType),
        query.subject === undefined ? undefined : eq(events.subject, query.subject),
      ),
    )
    .orderBy(asc(events.xid), asc(events.id))
    .limit(query.limit);
}

/** The position of now: everything that commits later comes after it. */
export async function eventHead(db: Db): Promise<EventPosition> {
  const [row] = await db.execute<{ xid: string; id: string }>(sql`
    select pg_snapshot_xmin(pg_current_snapshot())::text as xid, 0 as id`);
  return { xid: String(BigInt(row?.xid ?? "0") - 1n), id: Number.MAX_SAFE_INTEGER };
}

/** Events are kept thirty days. Only the oldest are looked at: ids rise with time, near enough. */
export async function pruneEvents(db: Db): Promise<void> {
  await db.execute(sql`
    delete from events where id in
      (select id from (select id, created_at from events order by id limit 5000) oldest where created_at < now() - interval '30 days')`);
}
