import { and, asc, eq, gt, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { hosts } from "../schema/index.ts";
import { isHeld } from "./container-requests.ts";
import type { Page } from "./users.ts";

export type HostRow = typeof hosts.$inferSelect & { live: boolean };

const live = sql<boolean>`${hosts.leaseExpiresAt} > now()`.as("live");
const columns = {
  id: hosts.id,
  name: hosts.name,
  leaseHolder: hosts.leaseHolder,
  leaseExpiresAt: hosts.leaseExpiresAt,
  streamUrl: hosts.streamUrl,
  cpus: hosts.cpus,
  memoryBytes: hosts.memoryBytes,
  engine: hosts.engine,
  bootId: hosts.bootId,
  secretKeyIds: hosts.secretKeyIds,
  createdAt: hosts.createdAt,
  live,
};

/**
 * Takes the lease of the host with this name, making its row the first time. Undefined while another worker process holds it.
 * The lease is what allows one process to act for a host; all times are the database's.
 */
export async function takeLease(
  db: Db,
  host: Omit<typeof hosts.$inferInsert, "leaseExpiresAt" | "createdAt">,
  leaseSeconds: number,
): Promise<string | undefined> {
  const leaseExpiresAt = sql`now() + make_interval(secs => ${leaseSeconds})`;
  const { id: _, ...changing } = host;
  const [row] = await db
    .insert(hosts)
    .values({ ...host, leaseExpiresAt })
    .onConflictDoUpdate({
      target: hosts.name,
      set: { ...changing, leaseExpiresAt },
      setWhere: sql`${hosts.leaseExpiresAt} < now() or ${hosts.leaseHolder} = ${host.leaseHolder}`,
    })
    .returning({ id: hosts.id });
  return row?.id;
}

/** False when the lease is no longer this process's: it must stop acting. */
export async function renewLease(db: Db, id: string, leaseHolder: string, leaseSeconds: number): Promise<boolean> {
  const rows = await db
    .update(hosts)
    .set({ leaseExpiresAt: sql`now() + make_interval(secs => ${leaseSeconds})` })
    .where(and(eq(hosts.id, id), eq(hosts.leaseHolder, leaseHolder)))
    .returning({ id: hosts.id });
  return rows.length === 1;
}

/** An ordered stop gives the lease back, so that the next start need not wait for it. */
export async function giveLease(db: Db, id: string, leaseHolder: string): Promise<void> {
  await db
    .update(hosts)
    .set({ leaseExpiresAt: sql`now()` })
    .where(and(eq(hosts.id, id), eq(hosts.leaseHolder, leaseHolder)));
}

/** The kernel's id of the machine's latest start that a worker of the host has acted upon. */
export async function noteBoot(db: Db, id: string, bootId: string): Promise<void> {
  await db.update(hosts).set({ bootId }).where(eq(hosts.id, id));
}

export async function findHost(db: Db, ref: string): Promise<HostRow | undefined> {
  const [row] = await db
    .select(columns)
    .from(hosts)
    .where(or(eq(hosts.id, ref), eq(hosts.name, ref)));
  return row;
}

export function listHosts(db: Db, page: Page): Promise<HostRow[]> {
  return db
    .select(columns)
    .from(hosts)
    .where(page.after ? gt(hosts.id, page.after) : undefined)
    .orderBy(asc(hosts.id))
    .limit(page.limit);
}

export interface HostLoad {
  cpus: number;
  memoryBytes: number;
  containers: number;
}
/** What containers that run, or should, have been promised on each host. */
export async function hostLoads(db: Db): Promise<Map<string, HostLoad>> {
  const rows = await db.execute<{ id: string; cpus: number; memory: string; containers: string }>(sql`
    select host_id as id, count(*) as containers, coalesce(sum(greatest((limits->>'cpus')::float8, (pending_limits->>'cpus')::float8)), 0) as cpus,
           coalesce(sum(greatest((limits->>'memoryBytes')::int8, (pending_limits->>'memoryBytes')::int8)), 0) as memory
      from containers
     where ${isHeld}
     group by host_id`);
  return new Map(
    rows.map((row) => [
      row.id,
      { cpus: row.cpus, memoryBytes: Number(row.memory), containers: Number(row.containers) },
    ]),
  );
}

/** Hosts whose lease ran out longer ago than this. */
export async function goneHosts(db: Db, forSeconds: number): Promise<string[]> {
  const rows = await db
    .select({ id: hosts.id })
    .from(hosts)
    .where(sql`${hosts.leaseExpiresAt} < now() - make_interval(secs => ${forSeconds})`);
  return rows.map((row) => row.id);
}

/** What the database's clock says, in milliseconds of the Unix epoch. */
export async function databaseNowMs(db: Db): Promise<number> {
  const [row] = await db.execute<{ ms: number }>(
    sql`select extract(epoch from clock_timestamp())::float8 * 1000 as ms`,
  );
  return row?.ms ?? Number.NaN;
}
