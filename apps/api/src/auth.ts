import { ProblemError, type Scope } from "@hafen/contract";
import { actorOf, authenticate } from "@hafen/core";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { answered } from "./answered.ts";
import type { AppEnv } from "./deps.ts";
import { portUrls } from "./ports/port-host.ts";
import { countRequest } from "./rate-limits/count-request.ts";

/** The key that a request brought, verified or not. */
export function bearer(c: Context): string | undefined {
  return /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
}

/** Verifies the key, and that it has the scope; puts the user and the verbs' context into the request. */
export function authorize(scope: Scope) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const { database, queues, changes, registries, secretKeys, strangers, egressPolicy, portsDomain } = c.var.deps;
    const apiKey = bearer(c);
    const found = apiKey === undefined ? undefined : await answered(authenticate(database.db, apiKey));
    if (!found) {
      // Whoever has a valid key is let in from there all the same: nobody locks others out.
      await countRequest(c, c.req.header("authorization") === undefined ? "address" : "failures");
      c.header("www-authenticate", "Bearer");
      throw new ProblemError(
        "unauthenticated",
        "Send Authorization: Bearer hfn_… with a key that is neither revoked nor expired.",
      );
    }
    const { user, key, streams } = found;
    c.set("user", user);
    c.set("key", key);
    await countRequest(c, "key");
    if (!key.scopes.includes(scope))
      throw new ProblemError(
        "scope_missing",
        `This needs a key with the scope ${scope}; yours has ${key.scopes.join(", ")}.`,
      );
    c.set("scopes", key.scopes);
    c.set("streams", streams);
    c.set("ctx", {
      db: database.db,
      jobs: queues,
      changes,
      actor: actorOf(found, c.var.requestId, c.var.address),
      registries,
      egressPolicy,
      secretKeys,
      portUrl: portUrls(portsDomain, c.env.incoming ?? { headers: {} }),
      requires: user.role === "admin" ? [] : strangers,
    });
    await next();
  });
}
