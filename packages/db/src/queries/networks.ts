import { eq, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { networks } from "../schema/index.ts";

export type NetworkRow = typeof networks.$inferSelect;

/** The user's network on the host, held against `pruneNetworks` until the transaction ends. */
export async function upsertNetwork(tx: Db, network: typeof networks.$inferInsert): Promise<NetworkRow> {
  const [row] = await tx
    .insert(networks)
    .values(network)
    .onConflictDoUpdate({ target: [networks.userId, networks.hostId], set: { usedAt: sql`now()` } })
    .returning();
  if (!row) throw new Error("upsertNetwork: no row");
  return row;
}

export async function networksOnHost(db: Db, hostId: string): Promise<{ id: string }[]> {
  return db.select({ id: networks.id }).from(networks).where(eq(networks.hostId, hostId));
}

/** Networks on which no container has been for ten minutes; the hosts then remove the engine's, which no row claims. */
export async function pruneNetworks(db: Db): Promise<void> {
  await db.execute(sql`
    delete from networks n where n.used_at < now() - interval '10 minutes'
       and not exists (select 1 from containers c where c.network_id = n.id)`);
}
