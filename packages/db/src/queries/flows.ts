import { newId, type Verdict } from "@hafen/contract";
import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { flows, usageDays } from "../schema/index.ts";
import type { Page } from "./users.ts";

export type FlowRow = typeof flows.$inferSelect;

/** So much more of one destination. */
export interface FlowIncrease {
  containerId: string;
  verdict: Verdict;
  protocol: string;
  address: string;
  port: number;
  name: string;
  sentPackets: number;
  sentBytes: number;
  receivedPackets: number;
  receivedBytes: number;
}

const FLOWS_PER_CONTAINER = 1_000;

/** Adds them up in the rows; those of containers that have no row any more are dropped. */
export async function addFlows(tx: Db, increases: readonly FlowIncrease[]): Promise<void> {
  if (increases.length === 0) return;
  const rows = JSON.stringify(increases.map((increase) => ({ ...increase, id: newId("flow") })));
  await tx.execute(sql`
    insert into flows (id, user_id, container_id, verdict, protocol, address, port, name,
                       sent_packets, sent_bytes, received_packets, received_bytes)
    select r.id, c.user_id, c.id, r.verdict, r.protocol, r.address, r.port, r.name,
           r."sentPackets", r."sentBytes", r."receivedPackets", r."receivedBytes"
      from jsonb_to_recordset(${rows}::text::jsonb) as r(
             id text, "containerId" text, verdict text, protocol text, address text, port int, name text,
             "sentPackets" bigint, "sentBytes" bigint, "receivedPackets" bigint, "receivedBytes" bigint)
      join containers c on c.id = r."containerId"
    on conflict on constraint flows_destination do update
       set sent_packets = flows.sent_packets + excluded.sent_packets,
           sent_bytes = flows.sent_bytes + excluded.sent_bytes,
           received_packets = flows.received_packets + excluded.received_packets,
           received_bytes = flows.received_bytes + excluded.received_bytes,
           last_seen_at = now()`);
  const ids = sql.join(
    [...new Set(increases.map(({ containerId }) => containerId))].map((id) => sql`${id}`),
    sql`, `,
  );
  await tx.execute(sql`
    delete from flows where id in (
      select id from (
        select id, row_number() over (partition by container_id order by last_seen_at desc, id desc) as place
          from flows where container_id in (${ids})) ranked
       where place > ${FLOWS_PER_CONTAINER})`);
}

/** Bytes that containers sent to the outside, added to their users' day. */
export async function addEgress(tx: Db, sent: readonly { containerId: string; bytes: number }[]): Promise<void> {
  if (sent.length === 0) return;
  await tx.execute(sql`
    insert into usage_days (user_id, day, egress_bytes)
    select c.user_id, (now() at time zone 'utc')::date, sum(r.bytes)
      from jsonb_to_recordset(${JSON.stringify(sent)}::text::jsonb) as r("containerId" text, bytes bigint)
      join containers c on c.id = r."containerId"
     group by c.user_id order by c.user_id
    on conflict (user_id, day) do update set egress_bytes = usage_days.egress_bytes + excluded.egress_bytes`);
}

/** Of the days since then, today among them. */
export async function egressBytes(db: Db, userId: string, days: number): Promise<number> {
  const [row] = await db
    .select({ bytes: sql<number>`coalesce(sum(${usageDays.egressBytes}), 0)::float8` })
    .from(usageDays)
    .where(
      and(eq(usageDays.userId, userId), gte(usageDays.day, sql`(now() at time zone 'utc')::date - ${days - 1}::int`)),
    );
  return row?.bytes ?? 0;
}

export function listFlows(
  db: Db,
  {
    userId,
    containerId,
    verdict,
    after,
    limit,
  }: Page & { userId: string; containerId: string; verdict?: Verdict | undefined },
): Promise<FlowRow[]> {
  return db
    .select()
    .from(flows)
    .where(
      and(
        eq(flows.userId, userId),
        eq(flows.containerId, containerId),
        verdict === undefined ? undefined : eq(flows.verdict, verdict),
        after === undefined ? undefined : lt(flows.id, after),
      ),
    )
    .orderBy(desc(flows.id))
    .limit(limit);
}
