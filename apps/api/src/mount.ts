import { ProblemError, type Scope } from "@hafen/contract";
import { createRoute, OpenAPIHono, type RouteConfig, type RouteHandler } from "@hono/zod-openapi";
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { authorize } from "./auth.ts";
import type { AppEnv } from "./deps.ts";
import { validationProblem } from "./errors.ts";
import { refuseUnkeepable } from "./plain-text.ts";
import { byAddress } from "./rate-limits/count-request.ts";
import { atRequestEnd } from "./request-end.ts";
import type { SlotKind } from "./slots.ts";

export type App = OpenAPIHono<AppEnv>;

const JSON_BYTES = 2 * 1024 * 1024;

export function newApp(): App {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (!result.success) throw validationProblem(result.target, result.error.issues);
    },
  });
}

type ScopedRoute = RouteConfig & { scope: Scope | "none" };

interface MountOptions {
  /** Default 2 MiB; null for a route whose body is streamed. */
  maxBytes?: number | null;
  /** For a route that is streamed with other media types: of a body that is JSON, which is held in memory. */
  maxJsonBytes?: number;
  /** Members of the JSON body that are data: any character may be in them. */
  data?: readonly string[];
  /** What the request is, of which a user may have so many at once. */
  slot?: SlotKind;
}

/** Adds a route of the contract: its key and scope checked, its body bounded, then its schema, then the handler. */
export function mount<R extends ScopedRoute>(
  app: App,
  route: R,
  handler: RouteHandler<R, AppEnv>,
  { maxBytes = JSON_BYTES, maxJsonBytes, data, slot }: MountOptions = {},
): void {
  const { scope, ...definition } = route;
  const middleware = [
    createMiddleware<AppEnv>(async (c, next) => {
      if (route.operationId !== undefined) c.set("operation", route.operationId);
      await next();
    }),
  ];
  middleware.push(scope === "none" ? byAddress : authorize(scope));
  if (slot !== undefined) middleware.push(holdSlot(slot));
  middleware.push(plainBody);
  if (maxBytes !== null) middleware.push(bodyLimit({ maxSize: maxBytes }));
  if (maxJsonBytes !== undefined) middleware.push(jsonLimit(maxJsonBytes));
  const checked: RouteHandler<RouteConfig, AppEnv> = (c, next) => {
    for (const target of ["param", "query", "json"]) refuseUnkeepable(target, c.req.valid(target as never), data);
    return (handler as unknown as RouteHandler<RouteConfig, AppEnv>)(c, next);
  };
  app.openapi(createRoute({ ...definition, middleware } as RouteConfig), checked);
}

/** What is packed may be a thousand times as large unpacked: it is taken as it is, or not at all. */
const plainBody = createMiddleware<AppEnv>(async (c, next) => {
  if ((c.req.header("content-encoding") ?? "identity") !== "identity")
    throw new ProblemError("unsupported_media_type", "Send the body as it is, without Content-Encoding.");
  await next();
});

function holdSlot(kind: SlotKind) {
  return createMiddleware<AppEnv>(async (c, next) => {
    atRequestEnd(c, c.var.deps.slots.take(kind, c.var.user.id, c.var.streams));
    await next();
  });
}

function jsonLimit(maxSize: number) {
  const limit = bodyLimit({ maxSize });
  return createMiddleware<AppEnv>(async (c, next) => (isJson(c) ? limit(c, next) : next()));
}

export function isJson(c: Context): boolean {
  return hasJsonType(c.req.header("content-type"));
}
export function hasJsonType(contentType = ""): boolean {
  return /^application\/([\w.-]+\+)?json\b/i.test(contentType);
}
