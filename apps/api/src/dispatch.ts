import { ProblemError } from "@hafen/contract";
import { dispatchedBy, recordSubject } from "@hafen/db";
import type { Context } from "hono";
import type { AppEnv } from "./deps.ts";
import { welcome } from "./key-end.ts";
import { BrokenOff, callWorker, textOf, type WorkerCall } from "./worker-streams.ts";

/**
 * Has a worker do what is not the same when it is done twice. From here on the request's Idempotency-Key is never taken over, and freed
 * only when it is certain that nothing was done; an answer that does not come is `outcome_unknown`.
 */
export async function dispatch(c: Context<AppEnv>, call: WorkerCall, body: object): Promise<string> {
  const { ctx, requestId } = c.var;
  const { userId, idempotencyKey } = ctx.actor;
  const signal = welcome(c);
  if (idempotencyKey !== undefined && !(await recordSubject(ctx.db, userId, idempotencyKey, dispatchedBy(requestId))))
    throw new ProblemError("idempotency_in_progress", "Another request with this Idempotency-Key was quicker.");
  try {
    return await textOf(await callWorker(call, JSON.stringify(body), signal));
  } catch (error) {
    if (!signal.aborted && isRefusal(error)) throw error;
    throw outcomeUnknown();
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ProblemError && !(error instanceof BrokenOff) && error.code !== "internal";
}

export function outcomeUnknown(): ProblemError {
  return new ProblemError(
    "outcome_unknown",
    "It was handed to the host, but its answer was lost: it may have been done in full, in part or not at all. " +
      "Look, and if it is to be done (again), ask with a new Idempotency-Key.",
  );
}
