import { ProblemError } from "@hafen/contract";
import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../deps.ts";
import { protocolOf } from "../ports/port-host.ts";

/** Comma-separated origins, as `https://app.example.com`. @throws on one that is none. */
export function readOrigins(list: string): ReadonlySet<string> {
  const origins = list
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  for (const origin of origins)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new Error(`HAFEN_CORS_ORIGINS: ${JSON.stringify(origin)} is no origin, as https://app.example.com is`);
  return new Set(origins);
}

/**
 * Pages of these origins may read answers and open WebSockets; the api has no cookies, so their keys are their own. Any other page's
 * browser is told nothing, and gets no WebSocket, for which browsers ask nobody.
 */
export function crossOrigin(origins: ReadonlySet<string>) {
  const share = cors({
    origin: [...origins],
    allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    allowHeaders: ["accept", "authorization", "content-type", "idempotency-key", "last-event-id", "prefer"],
    exposeHeaders: [
      "idempotency-replayed",
      "preference-applied",
      "ratelimit",
      "ratelimit-policy",
      "retry-after",
      "x-request-id",
    ],
    maxAge: 600,
  });
  return createMiddleware<AppEnv>(async (c, next) => {
    const origin = c.req.header("origin");
    if (origin !== undefined && origins.has(origin)) return share(c, next);
    if (origins.size > 0) c.header("vary", "Origin", { append: true });
    const { upgrade, incoming } = c.env;
    if (upgrade && incoming && origin !== undefined && origin !== `${protocolOf(incoming)}://${c.req.header("host")}`)
      throw new ProblemError("origin_refused", "Ask the operator to list this page's origin in HAFEN_CORS_ORIGINS.");
    await next();
  });
}
