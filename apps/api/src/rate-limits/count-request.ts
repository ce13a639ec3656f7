import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { clientAddress } from "../client-address.ts";
import type { AppEnv } from "../deps.ts";
import type { LimitKind } from "./rate-limits.ts";

/** Counts the request, and says in its answer how it stands. @throws ProblemError when it is one too many. */
export async function countRequest(c: Context<AppEnv>, kind: LimitKind): Promise<void> {
  const id = kind === "key" ? c.var.key.id : clientAddress(c);
  await c.var.deps.rateLimits.count(kind, id, (headers) => {
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
  });
}

/** For what is open to all. */
export const byAddress = createMiddleware<AppEnv>(async (c, next) => {
  await countRequest(c, "address");
  await next();
});
