import { ProblemError } from "@hafen/contract";
import { admitToPort, type Admission, type PortRequester } from "@hafen/core";
import type { Deps } from "../deps.ts";

/** The longest that setTimeout can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Our clock and the database's differ a little: what should be over is asked for again after this. */
const AGAIN_MS = 500;

/**
 * Calls `end` once what was opened with an admission may no longer be: the key or link is revoked or over, the port no longer declared, the
 * container removed. Not when it has merely ended: its last words may still be on their way. Answers with how to stop watching.
 */
export function endWithAdmission(
  { changes, database }: Pick<Deps, "changes" | "database">,
  requester: PortRequester,
  { container, by }: Admission,
  end: () => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const check = () =>
    admitToPort(database.db, requester).then(
      () => {},
      // A database that does not answer says nothing about the key; the next request will tell.
      (error: unknown) => (error instanceof ProblemError ? end() : undefined),
    );
  const arm = (until: Date) => {
    const ms = Math.min(Math.max(until.getTime() - Date.now(), AGAIN_MS), MAX_TIMER_MS);
    timer = setTimeout(() => void check().then(() => timer && arm(until)), ms).unref();
  };
  const off = [changes.on(container.id, check)];
  if (by.kind !== "public") {
    off.push(changes.on(by.id, check));
    if (by.expiresAt !== null) arm(by.expiresAt);
  }
  return () => {
    clearTimeout(timer);
    timer = undefined;
    for (const stop of off) stop();
  };
}
