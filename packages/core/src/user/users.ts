import {
  newId,
  ProblemError,
  type CreateUser,
  type Me,
  type Quota,
  type Scope,
  type User,
  type UserDetail,
} from "@hafen/contract";
import {
  countOwned,
  egressBytes,
  findUser,
  getQuota,
  insertKey,
  insertUser,
  listUsers as listRows,
  scopesOf,
  usage,
  type Db,
  type UserRow,
} from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { readPage, toPage } from "../page.ts";
import { ADMIN_QUOTA, DEFAULT_QUOTA, leftOf } from "../quota.ts";
import { record } from "../record.ts";
import { authenticate } from "./authenticate.ts";
import { newKey } from "./new-key.ts";

const EGRESS_DAYS = 30;

/** Makes a user with its quota and first key, which is returned this once. */
export async function createUser(ctx: Ctx, input: CreateUser): Promise<User & { apiKey: string }> {
  const role = input.role ?? "user";
  const { apiKey, hash } = newKey();
  const user = await ctx.db.transaction(async (tx) => {
    const quota = { ...(role === "admin" ? ADMIN_QUOTA : DEFAULT_QUOTA), ...input.quota } as Quota;
    const row = await insertUser(tx, { id: newId("user"), name: input.name, role, policy: input.policy ?? {} }, quota);
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
    if (user?.state !== "active") throw new Error(`the admin user ${name} cannot be made`);
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

export async function getUserRow(db: Db, ref: string): Promise<UserRow> {
  const row = await findUser(db, ref);
  if (!row) throw new ProblemError("user_not_found", `There is no user ${ref}.`);
  return row;
}

export async function describeUser(db: Db, row: UserRow): Promise<UserDetail> {
  const [quota, used, left] = await Promise.all([
    getQuota(db, row.id),
    usage(db, row.id),
    row.removal === null ? null : countOwned(db, row.id),
  ]);
  const removal = row.removal &&
    left && { ...row.removal, left, removedAt: row.removedAt === null ? null : row.removedAt.toISOString() };
  return { ...userToWire(row), policy: row.policy, quota, usage: used, removal };
}

export async function listUsers(
  db: Db,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: User[]; nextCursor: string | null }> {
  const { rows, nextCursor } = toPage(await listRows(db, readPage(query)), query.limit);
  return { items: rows.map(userToWire), nextCursor };
}

/** `streams`: how many are open in the process that answers. */
export async function getMe(db: Db, user: UserRow, scopes: Scope[], streams: number): Promise<Me> {
  const [quota, counted, sent] = await Promise.all([
    getQuota(db, user.id),
    usage(db, user.id),
    egressBytes(db, user.id, EGRESS_DAYS),
  ]);
  const used = { ...counted, streams };
  const left = leftOf(quota, used);
  return { ...userToWire(user), policy: user.policy, quota, usage: used, left, egressBytes: sent, scopes };
}

function userToWire(row: UserRow): User {
  return { id: row.id, name: row.name, role: row.role, state: row.state, createdAt: row.createdAt.toISOString() };
}
