import { authenticate } from "@hafen/core";
import type { Context } from "hono";
import { bearer } from "./auth.ts";
import type { AppEnv } from "./deps.ts";

/** Aborts when the client leaves, and when the key that it came with is revoked: a long answer does not outlive its key. */
export function whileKeyHolds(c: Context<AppEnv>): { signal: AbortSignal; release: () => void } {
  const { deps, key } = c.var;
  const apiKey = bearer(c) ?? "";
  const revoked = new AbortController();
  const release = deps.changes.on(key.id, () => {
    authenticate(deps.database.db, apiKey).then(
      (found) => found ?? revoked.abort(),
      () => {}, // the database does not answer: the next request will tell
    );
  });
  return { signal: AbortSignal.any([c.req.raw.signal, revoked.signal]), release };
}
