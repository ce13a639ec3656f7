import { and, eq, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { registryCredentials, secrets } from "../schema/index.ts";

/** What is kept sealed, with what its place is made of. Its first eight bytes are the id of the key that sealed it. */
export type SealedRow =
  | { table: "secrets"; userId: string; key: string; sealed: Uint8Array }
  | { table: "registry_credentials"; userId: string; key: string; sealed: Uint8Array };

const SECRET_KEY = sql<string>`encode(substring(${secrets.sealedValue} from 1 for 8), 'hex')`;
const CREDENTIAL_KEY = sql<string>`encode(substring(${registryCredentials.sealedPassword} from 1 for 8), 'hex')`;

/** How many rows each key has sealed, by the key's id in hex. */
export async function sealedCounts(db: Db): Promise<{ keyId: string; count: number }[]> {
  return db.execute<{ keyId: string; count: number }>(sql`
    select key_id as "keyId", count(*)::int as count from (
      select ${SECRET_KEY} as key_id from ${secrets}
      union all
      select ${CREDENTIAL_KEY} from ${registryCredentials}
    ) sealed group by key_id`);
}

/** Some of what this key has sealed. */
export async function sealedBy(db: Db, keyId: string, limit: number): Promise<SealedRow[]> {
  const own = await db
    .select({ userId: secrets.userId, key: secrets.id, sealed: secrets.sealedValue })
    .from(secrets)
    .where(eq(SECRET_KEY, keyId))
    .limit(limit);
  const credentials = await db
    .select({
      userId: registryCredentials.userId,
      key: registryCredentials.registry,
      sealed: registryCredentials.sealedPassword,
    })
    .from(registryCredentials)
    .where(eq(CREDENTIAL_KEY, keyId))
    .limit(limit);
  return [
    ...own.map((row) => ({ table: "secrets" as const, ...row })),
    ...credentials.map((row) => ({ table: "registry_credentials" as const, ...row })),
  ];
}

/** The same under another key, unless its owner has stored another value meanwhile. */
export async function replaceSealed(
  db: Db,
  { table, userId, key, sealed }: SealedRow,
  by: Uint8Array,
): Promise<boolean> {
  const rows =
    table === "secrets"
      ? await db
          .update(secrets)
          .set({ sealedValue: by })
          .where(and(eq(secrets.id, key), eq(secrets.sealedValue, sealed)))
          .returning({ userId: secrets.userId })
      : await db
          .update(registryCredentials)
          .set({ sealedPassword: by })
          .where(
            and(
              eq(registryCredentials.userId, userId),
              eq(registryCredentials.registry, key),
              eq(registryCredentials.sealedPassword, sealed),
            ),
          )
          .returning({ userId: registryCredentials.userId });
  return rows.length === 1;
}
