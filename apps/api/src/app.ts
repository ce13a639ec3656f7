import { newId, ProblemError, routes } from "@hafen/contract";
import { Counter, Histogram, SECONDS_BUCKETS } from "@hafen/process";
import { secureHeaders } from "hono/secure-headers";
import type { Deps } from "./deps.ts";
import { DOCS_CSP } from "./docs/docs.ts";
import { answerError } from "./errors.ts";
import { newApp, type App } from "./mount.ts";
import { mountBuilds } from "./routes/builds.ts";
import { mountContainers } from "./routes/containers.ts";
import { mountHousekeeping } from "./routes/housekeeping.ts";
import { mountFiles } from "./routes/files.ts";
import { mountImages } from "./routes/images.ts";
import { mountImageTransfers } from "./routes/image-transfers.ts";
import { mountRegistries } from "./routes/registries.ts";
import { mountSecrets } from "./routes/secrets.ts";
import { mountPorts } from "./routes/ports.ts";
import { mountMeasures } from "./routes/measures.ts";
import { mountStreams } from "./routes/streams.ts";
import { mountSystem } from "./routes/system.ts";
import { mountUsers } from "./routes/users.ts";
import { mountVolumes } from "./routes/volumes.ts";

/** The whole HTTP API over what the process opened. */
export function buildApp(deps: Deps): App {
  const app = newApp();
  const seconds = new Histogram({
    name: "hafen_http_request_seconds",
    help: "Time to the answer's head",
    labelNames: ["method", "route", "status"],
    buckets: SECONDS_BUCKETS,
    registers: [deps.metrics],
  });
  const problems = new Counter({
    name: "hafen_http_problems_total",
    help: "Answers with an error status",
    labelNames: ["status"],
    registers: [deps.metrics],
  });

  app.use(async (c, next) => {
    const began = performance.now();
    c.set("deps", deps);
    c.set("requestId", newId("request"));
    c.header("x-request-id", c.var.requestId);
    await next();
    const durationMs = performance.now() - began;
    const { status } = c.res;
    const route = c.req.routePath;
    seconds.observe({ method: c.req.method, route, status }, durationMs / 1000);
    if (status >= 400) problems.inc({ status });
    deps.log.info(
      {
        requestId: c.var.requestId,
        method: c.req.method,
        path: c.req.path,
        route,
        status,
        durationMs: Math.round(durationMs * 10) / 10,
        userId: c.get("user")?.id,
      },
      "request",
    );
  });
  app.use("/docs/*", async (c, next) => {
    await next();
    c.header("content-security-policy", DOCS_CSP);
  });
  app.use(
    secureHeaders({
      crossOriginResourcePolicy: "same-origin",
      contentSecurityPolicy: { defaultSrc: ["'self'"], frameAncestors: ["'none'"], baseUri: ["'none'"] },
    }),
  );

  mountUsers(app);
  mountBuilds(app);
  mountImages(app);
  mountImageTransfers(app);
  mountRegistries(app);
  mountSecrets(app);
  mountContainers(app);
  mountPorts(app);
  mountStreams(app);
  mountFiles(app);
  mountMeasures(app);
  mountVolumes(app);
  mountHousekeeping(app);
  mountSystem(app);

  app.onError(answerError);
  app.notFound((c) =>
    answerError(
      notFound(c.req.method, c.req.path, (allow) => c.header("allow", allow)),
      c,
    ),
  );
  return app;
}

const PATHS = Object.values(routes).flatMap((route) =>
  "method" in route
    ? [{ method: route.method.toUpperCase(), pattern: new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`) }]
    : [],
);

/** A path that some other method has is 405 with Allow; anything else 404. */
function notFound(method: string, path: string, allow: (methods: string) => void): ProblemError {
  const methods = PATHS.filter(({ pattern }) => pattern.test(path)).map((route) => route.method);
  if (methods.length === 0 || methods.includes(method))
    return new ProblemError("not_found", "There is no such path; /docs lists them all.");
  allow(methods.join(", "));
  return new ProblemError("method_not_allowed", `This path takes ${methods.join(", ")}.`);
}
