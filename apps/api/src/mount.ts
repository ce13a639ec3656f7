import type { Scope } from "@hafen/contract";
import { createRoute, OpenAPIHono, type RouteConfig, type RouteHandler } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { authorize } from "./auth.ts";
import type { AppEnv } from "./deps.ts";
import { validationProblem } from "./errors.ts";

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

/** Adds a route of the contract: its body bounded, its key and scope checked, then its schema, then the handler. */
export function mount<R extends ScopedRoute>(
  app: App,
  route: R,
  handler: RouteHandler<R, AppEnv>,
  options: { maxBytes?: number | null } = {},
): void {
  const { scope, ...definition } = route;
  const middleware = [];
  if (scope !== "none") middleware.push(authorize(scope));
  if (options.maxBytes !== null) middleware.push(bodyLimit({ maxSize: options.maxBytes ?? JSON_BYTES }));
  app.openapi(
    createRoute({ ...definition, middleware } as RouteConfig),
    handler as unknown as RouteHandler<RouteConfig, AppEnv>,
  );
}
