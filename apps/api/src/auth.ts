import { ProblemError, type Scope } from "@hafen/contract";
import { actorOf, authenticate } from "@hafen/core";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./deps.ts";

/** Verifies the key, and that it has the scope; puts the user and the verbs' context into the request. */
export function authorize(scope: Scope) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const { database, queues, changes } = c.var.deps;
    const apiKey = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const found = apiKey === undefined ? undefined : await authenticate(database.db, apiKey);
    if (!found) {
      c.header("www-authenticate", "Bearer");
      throw new ProblemError(
        "unauthenticated",
        "Send Authorization: Bearer hfn_… with a key that is neither revoked nor expired.",
      );
    }
    const { user, key } = found;
    if (!key.scopes.includes(scope))
      throw new ProblemError(
        "scope_missing",
        `This needs a key with the scope ${scope}; yours has ${key.scopes.join(", ")}.`,
      );
    c.set("user", user);
    c.set("key", key);
    c.set("scopes", key.scopes);
    c.set("ctx", { db: database.db, jobs: queues, changes, actor: actorOf(user, key, c.var.requestId) });
    await next();
  });
}
