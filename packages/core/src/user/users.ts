import { createHash, randomBytes } from "node:crypto";
import {
  newId,
  ProblemError,
  type CreateKey,
  type CreateUser,
  type Key,
  type Me,
  type Quota,
  type Role,
  type Scope,
  type User,
} from "@hafen/contract";
import {
  findLiveKey,
  findUser,
  getQuota,
  insertKey,
  insertUser,
  listKeys as listKeyRows,
  listUsers as listUserRows,
  revokeKey as revokeRow,
  scopesOf,
  touchKey,
  usage,
  type Db,
  type KeyRow,
  type UserRow,
} from "@hafen/db";
import type { Actor, Ctx } from "../ctx.ts";
import { readPage, toPage } from "../page.ts";
import { ADMIN_QUOTA, DEFAULT_QUOTA } from "../quota.ts";
import { record } from "../record.ts";

interface NewKey {
  apiKey: string;
  hash: string;
}
/** `hfn_` and 256 random bits. Only its SHA-256 is kept: enough for a key nobody can guess, and quick to look up. */
function newKey(): NewKey {
  const apiKey = `hfn_${randomBytes(32).toString("base64url")}`;
  return { apiKey, hash: hashKey(apiKey) };
}
function hashKey(apiKey: string): string {
  return createHash("sha256").update(apiKey).digest("hex");
}

/** The user and scopes behind a key; undefined when it is unknown, expired or revoked. */
export async function authenticate(db: Db, apiKey: string): Promise<{ user: UserRow; key: KeyRow } | undefined> {
  if (!/^hfn_[A-Za-z0-9_-]{43}$/.test(apiKey)) return undefined;
  const found = await findLiveKey(db, hashKey(apiKey));
  if (found && (found.key.lastUsedAt === null || Date.now() - found.key.lastUsedAt.getTime() > 60_000))
    await touchKey(db, found.key.id);
  return found;
}

/** Makes a user with its quota and first key, which is returned this once. */
export async function createUser(ctx: Ctx, input: CreateUser): Promise<User & { apiKey: string }> {
  const role = input.role ?? "user";
  const { apiKey, hash } = newKey();
  const user = await ctx.db.transaction(async (tx) => {
    const quota = { ...(role === "admin" ? ADMIN_QUOTA : DEFAULT_QUOTA), ...input.quota } as Quota;
    const row = await insertUser(tx, { id: newId("user"), name: input.name, role }, quota);
    if (!row) throw new ProblemError("name_taken", `There is a user named ${input.name}.`);
    await insertKey(tx, { id: newId("key"), userId: row.id, name: "first", hash, scopes: scopesOf(role) });
    await record(tx, ctx.actor, {
      type: "user.created",
      action: "user.create",
      subject: row.id,
      data: { name: row.name, role },
      made: true,
    });
    return row;
  });
  return { ...userToWire(user), apiKey };
}

/**
 * For the operator's own machine, at start: the admin user, with a new key unless `apiKey` is one of its live keys.
 * Not reachable over HTTP.
 */
export async function ensureAdmin(db: Db, name: string, apiKey: string | undefined): Promise<string> {
  if (apiKey !== undefined && (await authenticate(db, apiKey))?.user.role === "admin") return apiKey;
  const made = newKey();
  await db.transaction(async (tx) => {
    const id = newId("user");
    const user = (await insertUser(tx, { id, name, role: "admin" }, ADMIN_QUOTA)) ?? (await findUser(tx, name));
    if (!user) throw new Error(`the admin user ${name} cannot be made`);
    await insertKey(tx, {
      id: newId("key"),
      userId: user.id,
      name: `start-${made.hash.slice(0, 8)}`,
      hash: made.hash,
      scopes: scopesOf("admin"),
    });
  });
  return made.apiKey;
}

export async function getUser(db: Db, ref: string): Promise<User> {
  const row = await findUser(db, ref);
  if (!row) throw new ProblemError("user_not_found", `There is no user ${ref}.`);
  return userToWire(row);
}

export async function listUsers(
  db: Db,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: User[]; nextCursor: string | null }> {
  const { rows, nextCursor } = toPage(await listUserRows(db, readPage(query)), query.limit);
  return { items: rows.map(userToWire), nextCursor };
}

export async function getMe(db: Db, user: UserRow, scopes: Scope[]): Promise<Me> {
  const [quota, used] = await Promise.all([getQuota(db, user.id), usage(db, user.id)]);
  return { ...userToWire(user), quota, usage: used, scopes };
}

/** A key never has a scope that the key which asks lacks. */
export async function createKey(ctx: Ctx, held: Scope[], input: CreateKey): Promise<Key & { apiKey: string }> {
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
  const { rows, nextCursor } = toPage(await listKeyRows(db, userId, readPage(query)), query.limit);
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

export function actorOf(user: UserRow, key: KeyRow, requestId: string): Actor {
  return { userId: user.id, role: user.role as Role, keyId: key.id, requestId };
}

function userToWire(row: UserRow): User {
  return { id: row.id, name: row.name, role: row.role, createdAt: row.createdAt.toISOString() };
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
