import { and, asc, eq, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { registryCredentials } from "../schema/index.ts";

export type RegistryCredentialRow = typeof registryCredentials.$inferSelect;

/** In place of what the user had for this registry. */
export async function putCredential(
  tx: Db,
  credential: typeof registryCredentials.$inferInsert,
): Promise<RegistryCredentialRow> {
  const [row] = await tx
    .insert(registryCredentials)
    .values(credential)
    .onConflictDoUpdate({
      target: [registryCredentials.userId, registryCredentials.registry],
      set: {
        username: sql`excluded.username`,
        sealedPassword: sql`excluded.sealed_password`,
        updatedAt: sql`now()`,
      },
    })
    .returning();
  if (!row) throw new Error("putCredential: no row");
  return row;
}

export async function findCredential(
  db: Db,
  userId: string,
  registry: string,
): Promise<RegistryCredentialRow | undefined> {
  const [row] = await db.select().from(registryCredentials).where(of(userId, registry));
  return row;
}

export function listCredentials(db: Db, userId: string): Promise<RegistryCredentialRow[]> {
  return db
    .select()
    .from(registryCredentials)
    .where(eq(registryCredentials.userId, userId))
    .orderBy(asc(registryCredentials.registry));
}

export async function removeCredential(tx: Db, userId: string, registry: string): Promise<boolean> {
  const rows = await tx
    .delete(registryCredentials)
    .where(of(userId, registry))
    .returning({ registry: registryCredentials.registry });
  return rows.length === 1;
}

function of(userId: string, registry: string) {
  return and(eq(registryCredentials.userId, userId), eq(registryCredentials.registry, registry));
}
