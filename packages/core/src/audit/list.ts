import { ProblemError, type AuditLine, type AuditQuery } from "@hafen/contract";
import { findUser, listAudit as listRows, readAudit, type AuditFilter, type AuditRow, type Db } from "@hafen/db";
import type { Actor } from "../ctx.ts";

const CHUNK = 500;

/** A page, newest first. */
export async function listAudit(
  db: Db,
  actor: Actor,
  query: AuditQuery,
): Promise<{ items: AuditLine[]; nextCursor: string | null }> {
  const { limit, cursor } = query;
  const before = cursor === undefined ? undefined : readCursor(cursor);
  const filter = await filterOf(db, actor, query);
  const rows = await listRows(db, filter, { limit: limit + 1, ...(before !== undefined && { before }) });
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(toWire), nextCursor: last ? Buffer.from(String(last.id)).toString("base64url") : null };
}

/** All of it, oldest first, read as the client takes it. */
export async function exportAudit(db: Db, actor: Actor, query: AuditQuery): Promise<AsyncGenerator<AuditLine>> {
  const filter = await filterOf(db, actor, query);
  return lines(db, filter);
}

async function* lines(db: Db, filter: AuditFilter): AsyncGenerator<AuditLine> {
  for (let after = 0; ;) {
    const rows = await readAudit(db, filter, after, CHUNK);
    for (const row of rows) yield toWire(row);
    const last = rows.at(-1);
    if (!last) return;
    after = last.id;
  }
}

/** Whoever lacks the scope admin sees what they did themselves, whatever they ask for. */
async function filterOf(db: Db, { userId, scopes }: Actor, query: AuditQuery): Promise<AuditFilter> {
  const { action, subject, outcome, since, until } = query;
  const isAdmin = scopes.includes("admin");
  return {
    userId: !isAdmin ? userId : query.user === undefined ? undefined : await idOf(db, query.user),
    action,
    subject,
    outcome,
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
  };
}

async function idOf(db: Db, ref: string): Promise<string> {
  const row = await findUser(db, ref);
  if (!row)
    throw new ProblemError("user_not_found", `There is no user ${ref}. One that is removed is named by its id.`);
  return row.id;
}

function readCursor(cursor: string): number {
  const before = Buffer.from(cursor, "base64url").toString();
  if (!/^\d{1,15}$/.test(before))
    throw new ProblemError("invalid_request", "The cursor is not one that a list gave.", {
      errors: [{ pointer: "?cursor", detail: "not a cursor" }],
    });
  return Number(before);
}

function toWire({ id, at, userId, keyId, address, requestId, action, subject, outcome, detail }: AuditRow): AuditLine {
  return {
    id: String(id),
    at: at.toISOString(),
    userId,
    keyId,
    address,
    requestId,
    action,
    subject,
    outcome,
    detail,
  };
}
