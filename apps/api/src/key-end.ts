import { ProblemError } from "@hafen/contract";
import { authenticate } from "@hafen/core";
import type { Context } from "hono";
import type { WebSocket } from "ws";
import { bearer } from "./auth.ts";
import type { AppEnv } from "./deps.ts";
import { recheck } from "./recheck.ts";
import { atRequestEnd } from "./request-end.ts";

const OVER = "The key is no longer valid: it was revoked, or its time is over.";

/** Acts once the request's key is revoked or over, or its user is not let in any more. Returns what stops the watching. */
export function onKeyEnd(c: Context<AppEnv>, act: () => void): () => void {
  const { deps, key } = c.var;
  const apiKey = bearer(c) ?? "";
  const check = () =>
    authenticate(deps.database.db, apiKey).then(
      (found) => (found ? undefined : act()),
      () => {}, // the database does not answer: the next request will tell
    );
  const stop = recheck(deps.changes, { ids: [key.id], until: key.expiresAt }, check);
  void check(); // it may have ended since the request was let in, before anybody listened
  return stop;
}

/** A WebSocket does not outlive the key it was opened with. */
export function endWithKey(c: Context<AppEnv>, client: WebSocket): void {
  client.on(
    "close",
    onKeyEnd(c, () => client.close(1008, "the key is no longer valid")),
  );
}

/** Aborts once the client has left or its key has ended: for an answer that takes its time. */
export function welcome(c: Context<AppEnv>): AbortSignal {
  const ending = new AbortController();
  atRequestEnd(
    c,
    onKeyEnd(c, () => ending.abort(new ProblemError("unauthenticated", OVER))),
  );
  return AbortSignal.any([c.req.raw.signal, ending.signal]);
}
