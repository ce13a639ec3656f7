import { ProblemError, newId, type CreateKey, type Key, type Scope } from "@hafen/contract";
import { insertKey, listKeys as listRows, revokeKey as revokeRow, type Db, type KeyRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { readPage, toPage } from "../page.ts";
import { record } from "../record.ts";
import { newKey } from "./new-key.ts";

/** A key never has a scope that the key which asks lacks. */
export async function createKey(ctx: Ctx, held: Scope[], input: CreateKey): Promise<Key & { apiKey: string }> {
  if (input.expiresAt !== undefined && Date.parse(input.expiresAt) <= Date.now()) {
    throw new ProblemError("invalid_request", "/expiresAt: lies in the past, so the key would be of no use.", {
      errors: [{ pointer: "/expiresAt", detail: "lies in the past" }],
    });
  }
  const scopes = input.scopes ?? held;
  const missing = scopes.filter((scope) => !held.includes(scope));
  if (missing.length > 0)
    throw new ProblemError("scope_missing", `Your key lacks ${missing.join(", ")}, so it cannot give it.`);
  const { apiKey, hash } = newKey();
  const row = await ctx.db.transaction(async (tx) => {
    const key = await insertKey(tx, {
      id: newId("key"),
      userId: ctx.actor.userId,
      name: input.name,
      hash,
      scopes: [...new Set(scopes)],
      expiresAt: input.expiresAt === undefined ? null : new Date(input.expiresAt),
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
