import { ProblemError, type EventType } from "@hafen/contract";
import { insertAudit, insertEvent, recordSubject, type Db } from "@hafen/db";
import type { Actor } from "./ctx.ts";

/**
 * What every request leaves behind in the transaction that does it: the event for the owner's feed, the audit line,
 * and, for a request that makes something, what its Idempotency-Key made.
 */
export async function record(
  tx: Db,
  actor: Actor,
  entry: {
    /** Of what has happened; none of what is only asked for. */ type?: EventType;
    action: string;
    subject: string;
    data?: Record<string, unknown>;
    made?: boolean;
  },
): Promise<void> {
  const { userId, keyId, requestId, address, idempotencyKey, via } = actor;
  const data = { ...entry.data, ...(via ? { via } : {}) };
  const [, , mine] = await Promise.all([
    entry.type && insertEvent(tx, { userId, type: entry.type, subject: entry.subject, data }),
    insertAudit(tx, {
      userId,
      keyId,
      requestId,
      address,
      action: entry.action,
      subject: entry.subject,
      detail: data,
    }),
    entry.made && idempotencyKey ? recordSubject(tx, userId, idempotencyKey, entry.subject) : true,
  ]);
  if (!mine)
    throw new ProblemError(
      "idempotency_in_progress",
      "Another request with this Idempotency-Key was quicker. Ask again for its answer.",
    );
}
