import { openapiDocument, routes, type HostCheck } from "@hafen/contract";
import { chooseHost, eventFeed, feedStart, getHost, listHosts, positionId } from "@hafen/core";
import { notify } from "@hafen/db";
import { errorFields } from "@hafen/process";
import { answered } from "../answered.ts";
import { docsFiles } from "../docs/docs.ts";
import { welcome } from "../key-end.ts";
import { streamLines } from "../line-stream.ts";
import { mount, type App } from "../mount.ts";
import { byAddress } from "../rate-limits/count-request.ts";
import { callWorker, textOf, workerCall } from "../worker-streams.ts";

export function mountSystem(app: App): void {
  mount(app, routes.listHosts, async (c) => c.json(await listHosts(c.var.ctx.db, c.req.valid("query")), 200));
  mount(app, routes.getHost, async (c) => c.json(await getHost(c.var.ctx.db, c.req.valid("param").ref), 200));
  mount(app, routes.checkHost, async (c) => {
    const { id } = await getHost(c.var.ctx.db, c.req.valid("param").ref);
    const call = await workerCall(c.var.deps, { id, hostId: id }, "check");
    return c.json(JSON.parse(await textOf(await callWorker(call, undefined, c.req.raw.signal))) as HostCheck, 200);
  });
  mount(
    app,
    routes.listEvents,
    async (c) => {
      const { follow, type, subject, since } = c.req.valid("query");
      const { "last-event-id": last, accept } = c.req.valid("header");
      const ndjson = accept?.includes("application/x-ndjson") ?? false;
      const after = await feedStart(c.var.ctx.db, last ?? since);
      const signal = welcome(c);
      const events = eventFeed(c.var.ctx, {
        after,
        type,
        subject,
        follow: follow === undefined ? !ndjson : follow === "true",
        signal,
      });
      return streamLines(c, {
        lines: events,
        signal,
        startId: positionId(after),
        event: (event) => event.type,
        id: (event) => event.id,
      });
    },
    { slot: "streams" },
  );

  mount(app, routes.healthz, (c) => c.json({ status: "ok" as const }, 200));
  mount(app, routes.readyz, async (c) => {
    const { database, pingQueue, log } = c.var.deps;
    const check = async (name: string, work: () => Promise<unknown>): Promise<[string, string]> => {
      try {
        await answered(work());
        return [name, "ok"];
      } catch (error) {
        log.warn({ check: name, ...errorFields(error) }, "not ready");
        return [name, error instanceof NotReady ? error.message : "does not answer"];
      }
    };
    const checks = Object.fromEntries(
      await Promise.all([
        check("database", () => notify(database.db, "readyz")),
        check("queue", pingQueue),
        check("host", async () => {
          if ((await chooseHost(database.db)) === null) throw new NotReady("no host's worker is live");
        }),
      ]),
    );
    const ready = Object.values(checks).every((result) => result === "ok");
    return c.json({ ready, checks }, ready ? 200 : 503);
  });
  mount(app, routes.metrics, async (c) => {
    c.header("content-type", "text/plain; version=0.0.4");
    return c.body(await c.var.deps.metrics.metrics()) as never;
  });

  const document = JSON.stringify(openapiDocument());
  app.get("/openapi.json", byAddress, (c) => c.body(document, 200, { "content-type": "application/json" }));
  app.get("/", byAddress, (c) => c.redirect("/docs"));
  for (const [path, file] of Object.entries(docsFiles)) {
    app.get(path, byAddress, (c) => c.body(file.body, 200, { "content-type": file.type, "cache-control": "no-cache" }));
  }
}

class NotReady extends Error {}
