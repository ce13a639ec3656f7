import { ProblemError, newId, type CreateKey, type Key } from "@hafen/contract";
import { insertKey, listKeys as listRows, revokeKey as revokeRow, type Db, type KeyRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { readPage, toPage } from "../page.ts";
import { takeQuota } from "../quota.ts";
import { record } from "../record.ts";
import { newKey } from "./new-key.ts";

/** A key never has a scope that the key which asks lacks, and never outlives it. */
export async function createKey(
  ctx: Ctx,
  maker: Pick<KeyRow, "scopes" | "expiresAt">,
  input: CreateKey,
): Promise<Key & { apiKey: string }> {
  const expiresAt = input.expiresAt === undefined ? maker.expiresAt : new Date(input.expiresAt);
  if (expiresAt !== null && expiresAt.getTime() <= Date.now())
    throw wrongEnd("lies in the past, so the key would be of no use");
  if (expiresAt !== null && maker.expiresAt !== null && expiresAt > maker.expiresAt)
    throw wrongEnd(`lies after the end of the key which asks, ${maker.expiresAt.toISOString()}`);
  const scopes = input.scopes ?? maker.scopes;
  const missing = scopes.filter((scope) => !maker.scopes.includes(scope));
  if (missing.length > 0)
    throw new ProblemError("scope_missing", `Your key lacks ${missing.join(", ")}, so it cannot give it.`);
  const { apiKey, hash } = newKey();
  const row = await ctx.db.transaction(async (tx) => {
    await takeQuota(tx, ctx.actor.userId, { keys: 1 });
    const key = await insertKey(tx, {
      id: newId("key"),
      userId: ctx.actor.userId,
      name: input.name,
      hash,
      scopes: [...new Set(scopes)],
      expiresAt,
    });
    if (!key)
      throw new ProblemError(
        "name_taken",
        `You have a key named ${input.name}. Revoke it first, or take another name.`,
      );
    await record(tx, ctx.actor, {
      type: "key.created",
      action: "key.create",
      subject: key.id,
      data: { name: key.name },
      made: true,
    });
    return key;
  });
  return { ...keyToWire(row), apiKey };
}

function wrongEnd(detail: string): ProblemError {
  return new ProblemError("invalid_request", `/expiresAt: ${detail}.`, { errors: [{ pointer: "/expiresAt", detail }] });
}

export async function listKeys(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: Key[]; nextCursor: string | null }> {
  const { rows, nextCursor } = toPage(await listRows(db, userId, readPage(query)), query.limit);
  return { items: rows.map(keyToWire), nextCursor };
}

export async function revokeKey(ctx: Ctx, ref: string): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const key = await revokeRow(tx, ctx.actor.userId, ref);
    if (!key) throw new ProblemError("key_not_found", `You have no key ${ref}.`);
    await record(tx, ctx.actor, {
      type: "key.revoked",
      action: "key.revoke",
      subject: key.id,
      data: { name: key.name },
    });
  });
}

function keyToWire(row: KeyRow): Key {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  };
}
