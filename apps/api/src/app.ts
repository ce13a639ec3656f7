import { newId, ProblemError, routes } from "@hafen/contract";
import { Counter, Histogram, SECONDS_BUCKETS } from "@hafen/process";
import { secureHeaders } from "hono/secure-headers";
import { auditRequest } from "./audit-request.ts";
import { clientAddress } from "./client-address.ts";
import type { Deps } from "./deps.ts";
import { DOCS_CSP } from "./docs/docs.ts";
import { answerError } from "./errors.ts";
import { crossOrigin } from "./http/origins.ts";
import { TLS_HEADERS } from "./http/refuse.ts";
import { newApp, type App } from "./mount.ts";
import { protocolOf } from "./ports/port-host.ts";
import { countRequest } from "./rate-limits/count-request.ts";
import { mountAudit } from "./routes/audit.ts";
import { mountBuilds } from "./routes/builds.ts";
import { mountContainers } from "./routes/containers.ts";
import { mountHousekeeping } from "./routes/housekeeping.ts";
import { mountFiles } from "./routes/files.ts";
import { mountGrants } from "./routes/grants.ts";
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
    c.set("address", clientAddress(c) || undefined);
    c.header("x-request-id", c.var.requestId);
    await next();
    const durationMs = performance.now() - began;
    const { status } = c.res;
    const route = c.req.routePath;
    seconds.observe({ method: c.req.method, route, status }, durationMs / 1000);
    auditRequest(c);
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
        address: c.var.address,
      },
      "request",
    );
  });
  app.use(async (c, next) => {
    const { incoming } = c.env;
    if (incoming && protocolOf(incoming) === "https")
      for (const [name, value] of Object.entries(TLS_HEADERS)) c.header(name, value);
    await next();
  });
  app.use("/docs/*", async (c, next) => {
    await next();
    c.header("content-security-policy", DOCS_CSP);
  });
  app.use(
    secureHeaders({
      strictTransportSecurity: false, // said where there is TLS
      crossOriginResourcePolicy: "same-origin",
      contentSecurityPolicy: { defaultSrc: ["'self'"], frameAncestors: ["'none'"], baseUri: ["'none'"] },
    }),
  );

  app.use(crossOrigin(deps.origins));

  mountUsers(app);
  mountAudit(app);
  mountBuilds(app);
  mountImages(app);
  mountImageTransfers(app);
  mountGrants(app);
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
  app.notFound(async (c) => {
    await countRequest(c, "address");
    throw notFound(c.req.method, c.req.path, (allow) => c.header("allow", allow));
  });
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
