import { ProblemError, type Secret } from "@hafen/contract";
import { findSecret, listSecrets as listRows, secretUses, type Db, type SecretRow, type SecretUse } from "@hafen/db";

export async function listSecrets(db: Db, userId: string): Promise<{ items: Secret[] }> {
  const rows = await listRows(db, userId);
  const uses = Map.groupBy(
    await secretUses(
      db,
      rows.map(({ id }) => id),
    ),
    ({ secretId }) => secretId,
  );
  return { items: rows.map((row) => toWire(row, uses.get(row.id) ?? [])) };
}

export async function getSecret(db: Db, userId: string, ref: string): Promise<Secret> {
  return describeSecret(db, await getSecretRow(db, userId, ref));
}

export async function getSecretRow(db: Db, userId: string, ref: string): Promise<SecretRow> {
  const row = await findSecret(db, userId, ref);
  if (!row) throw new ProblemError("secret_not_found", `You have no secret ${ref}.`);
  return row;
}

export async function describeSecret(db: Db, row: SecretRow): Promise<Secret> {
  return toWire(row, await secretUses(db, [row.id]));
}

/** Never with its value. */
function toWire(row: SecretRow, uses: SecretUse[]): Secret {
  const { id, name, version, sizeBytes } = row;
  return {
    id,
    name,
    version,
    sizeBytes,
    usedBy: uses.map((use) => ({ id: use.id, name: use.name, version: use.version })),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
