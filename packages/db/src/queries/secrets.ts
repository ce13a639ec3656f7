import { and, asc, eq, inArray, ne, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { containers, containerSecrets, secrets } from "../schema/index.ts";

export type SecretRow = typeof secrets.$inferSelect;

/** In place of the value of before, if there was one. */
export async function putSecret(tx: Db, secret: typeof secrets.$inferInsert): Promise<SecretRow> {
  const [row] = await tx
    .insert(secrets)
    .values(secret)
    .onConflictDoUpdate({
      target: [secrets.userId, secrets.name],
      set: {
        sealedValue: sql`excluded.sealed_value`,
        sizeBytes: sql`excluded.size_bytes`,
        version: sql`${secrets.version} + 1`,
        updatedAt: sql`now()`,
      },
      // The value is bound to the id: another one that was made meanwhile has another.
      setWhere: eq(secrets.id, secret.id),
    })
    .returning();
  if (!row) throw new Error("putSecret: no row");
  return row;
}

export async function findSecret(db: Db, userId: string, ref: string): Promise<SecretRow | undefined> {
  const [row] = await db
    .select()
    .from(secrets)
    .where(and(eq(secrets.userId, userId), or(eq(secrets.id, ref), eq(secrets.name, ref))))
    .orderBy(sql`${secrets.id} = ${ref} desc`)
    .limit(1);
  return row;
}

export function listSecrets(db: Db, userId: string): Promise<SecretRow[]> {
  return db.select().from(secrets).where(eq(secrets.userId, userId)).orderBy(asc(secrets.name));
}

/** Until the transaction ends nobody removes it (`share`), or gives it to a container (`update`). */
export async function lockSecret(tx: Db, id: string, strength: "share" | "update"): Promise<SecretRow | undefined> {
  const [row] = await tx.select().from(secrets).where(eq(secrets.id, id)).for(strength);
  return row;
}

export async function deleteSecret(tx: Db, id: string): Promise<void> {
  await tx.delete(secrets).where(eq(secrets.id, id));
}

export interface SecretUse {
  secretId: string;
  id: string;
  name: string;
  version: number | null;
}
/** Which containers are given these secrets. */
export async function secretUses(db: Db, secretIds: string[]): Promise<SecretUse[]> {
  if (secretIds.length === 0) return [];
  return db
    .selectDistinctOn([containerSecrets.secretId, containers.id], {
      secretId: containerSecrets.secretId,
      id: containers.id,
      name: containers.name,
      version: containerSecrets.version,
    })
    .from(containerSecrets)
    .innerJoin(containers, eq(containers.id, containerSecrets.containerId))
    .where(and(inArray(containerSecrets.secretId, secretIds), ne(containers.state, "removed")))
    .orderBy(containerSecrets.secretId, containers.id);
}

export async function insertContainerSecrets(tx: Db, rows: (typeof containerSecrets.$inferInsert)[]): Promise<void> {
  if (rows.length > 0) await tx.insert(containerSecrets).values(rows);
}

export async function dropContainerSecrets(tx: Db, containerId: string): Promise<void> {
  await tx.delete(containerSecrets).where(eq(containerSecrets.containerId, containerId));
}

export type ContainerSecretRow = typeof containerSecrets.$inferSelect & { name: string };

/** What containers are given, without the values. */
export async function secretsOf(db: Db, containerIds: string[]): Promise<ContainerSecretRow[]> {
  if (containerIds.length === 0) return [];
  const rows = await db
    .select({ file: containerSecrets, name: secrets.name })
    .from(containerSecrets)
    .innerJoin(secrets, eq(secrets.id, containerSecrets.secretId))
    .where(inArray(containerSecrets.containerId, containerIds))
    .orderBy(asc(containerSecrets.containerId), asc(containerSecrets.position));
  return rows.map(({ file, name }) => ({ ...file, name }));
}

/** The same for one container, with the values as they are now, sealed. */
export async function sealedFor(
  db: Db,
  containerId: string,
): Promise<(ContainerSecretRow & { version: number; sealedValue: Uint8Array })[]> {
  const rows = await db
    .select({
      file: containerSecrets,
      name: secrets.name,
      version: secrets.version,
      sealedValue: secrets.sealedValue,
    })
    .from(containerSecrets)
    .innerJoin(secrets, eq(secrets.id, containerSecrets.secretId))
    .where(eq(containerSecrets.containerId, containerId))
    .orderBy(asc(containerSecrets.position));
  return rows.map(({ file, ...value }) => ({ ...file, ...value }));
}

/** Which version each file of a container gets at its start. */
export async function noteSecretVersions(
  db: Db,
  containerId: string,
  given: { position: number; version: number }[],
): Promise<void> {
  for (const { position, version } of given)
    await db
      .update(containerSecrets)
      .set({ version })
      .where(and(eq(containerSecrets.containerId, containerId), eq(containerSecrets.position, position)));
}

/** Containers of the host that are given secrets. */
export async function containersWithSecrets(db: Db, hostId: string): Promise<string[]> {
  const rows = await db
    .selectDistinct({ id: containers.id })
    .from(containerSecrets)
    .innerJoin(containers, eq(containers.id, containerSecrets.containerId))
    .where(and(eq(containers.hostId, hostId), ne(containers.state, "removed")));
  return rows.map(({ id }) => id);
}
