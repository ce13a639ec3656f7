import { and, eq, getTableColumns, isNull, lt, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { idempotencyKeys } from "../schema/index.ts";
import { withoutFlush } from "../without-flush.ts";

const DISPATCHED = "dispatched ";

/** The subject of a request that makes no row, but has a host do something: whether it did, only its own answer tells. */
export function dispatchedBy(requestId: string): string {
  return DISPATCHED + requestId;
}
export function isDispatched(subject: string | null | undefined): boolean {
  return subject?.startsWith(DISPATCHED) ?? false;
}

export type IdempotencyRow = typeof idempotencyKeys.$inferSelect;

/**
 * Claims the key for a request. `claimed` true: go ahead. Otherwise `row` is the request that holds it.
 * A claim whose process died without making anything is taken over once its lock has run out. What must survive a crash of the
 * database is the subject, in the verb's own transaction: its commit takes the claim along, and without it there was no effect.
 */
export async function claimKey(
  db: Db,
  claim: { userId: string; key: string; requestHash: string; lockSeconds: number },
) {
  const lockedUntil = sql`now() + make_interval(secs => ${claim.lockSeconds})`;
  const [mine] = await db
    .insert(idempotencyKeys)
    .values({ userId: claim.userId, key: claim.key, requestHash: claim.requestHash, lockedUntil })
    .onConflictDoUpdate({
      target: [idempotencyKeys.userId, idempotencyKeys.key],
      set: {
        requestHash: claim.requestHash,
        lockedUntil,
        subject: null,
        status: null,
        body: null,
        createdAt: sql`now()`,
      },
      setWhere: sql`${idempotencyKeys.createdAt} < now() - interval '24 hours'
        or (${idempotencyKeys.subject} is null and ${idempotencyKeys.status} is null and ${idempotencyKeys.lockedUntil} < now()
            and ${idempotencyKeys.requestHash} = ${claim.requestHash})`,
    })
    .returning({ ...getTableColumns(idempotencyKeys), withoutFlush });
  if (mine) return { claimed: true as const, row: mine };
  return { claimed: false as const, row: await findKey(db, claim.userId, claim.key) };
}

export async function findKey(
  db: Db,
  userId: string,
  key: string,
): Promise<(IdempotencyRow & { underWay: boolean }) | undefined> {
  const underWay = sql<boolean>`${idempotencyKeys.lockedUntil} > now()`;
  const [row] = await db
    .select({ ...getTableColumns(idempotencyKeys), underWay })
    .from(idempotencyKeys)
    .where(byKey(userId, key));
  return row;
}

/**
 * Inside the transaction that makes the thing: what the key made. False when another request with the key made something
 * first, after this one's claim had run out: the transaction must then be undone.
 */
export async function recordSubject(tx: Db, userId: string, key: string, subject: string): Promise<boolean> {
  const rows = await tx
    .update(idempotencyKeys)
    .set({ subject })
    .where(and(byKey(userId, key), isNull(idempotencyKeys.subject)))
    .returning({ key: idempotencyKeys.key });
  return rows.length === 1;
}

export async function recordAnswer(
  db: Db,
  userId: string,
  key: string,
  answer: { status: number; body: string | null },
): Promise<void> {
  await db.update(idempotencyKeys).set(answer).where(byKey(userId, key)).returning({ withoutFlush });
}

/** After a refusal: the key is free again, since this request made nothing, and had nothing done. */
export async function releaseKey(db: Db, userId: string, key: string, requestId: string): Promise<void> {
  await db
    .delete(idempotencyKeys)
    .where(
      and(
        byKey(userId, key),
        or(isNull(idempotencyKeys.subject), eq(idempotencyKeys.subject, dispatchedBy(requestId))),
        isNull(idempotencyKeys.status),
      ),
    );
}

/** After an outcome that nobody knows: the request is over, and the key stays taken. */
export async function closeKey(db: Db, userId: string, key: string): Promise<void> {
  await db
    .update(idempotencyKeys)
    .set({ lockedUntil: sql`now()` })
    .where(byKey(userId, key));
}

export async function pruneKeys(db: Db): Promise<void> {
  await db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, sql`now() - interval '24 hours'`));
}

function byKey(userId: string, key: string) {
  return and(eq(idempotencyKeys.userId, userId), eq(idempotencyKeys.key, key));
}
