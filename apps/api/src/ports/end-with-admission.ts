import { ProblemError } from "@hafen/contract";
import { admitToPort, type Admission, type PortRequester } from "@hafen/core";
import type { Deps } from "../deps.ts";
import { recheck } from "../recheck.ts";

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
  const check = () =>
    admitToPort(database.db, requester).then(
      () => {},
      // A database that does not answer says nothing about the key; the next request will tell.
      (error: unknown) => (error instanceof ProblemError ? end() : undefined),
    );
  const [ids, until] = by.kind === "public" ? [[], null] : [[by.id], by.expiresAt];
  return recheck(changes, { ids: [container.id, ...ids], until }, check);
}
