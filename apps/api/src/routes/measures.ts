import { Readable } from "node:stream";
import {
  can,
  routes,
  type ChangeList,
  type ContainerStats,
  type Isolation,
  type ProcessList,
  type Use,
} from "@hafen/contract";
import { getContainer, listFlows, wrongState, type StreamAction } from "@hafen/core";
import type { Context } from "hono";
import type { AppEnv } from "../deps.ts";
import { welcome } from "../key-end.ts";
import { streamLines } from "../line-stream.ts";
import { mount, type App } from "../mount.ts";
import { callWorker, readLines, textOf, workerCall } from "../worker-streams.ts";

/** What a container is and does now: each is asked of its worker. */
export function mountMeasures(app: App): void {
  mount(app, routes.containerTop, async (c) => c.json(await read<ProcessList>(c, "top"), 200));
  mount(app, routes.containerChanges, async (c) => c.json(await read<ChangeList>(c, "changes"), 200));
  mount(app, routes.containerIsolation, async (c) => c.json(await read<Isolation>(c, "isolation"), 200));
  mount(app, routes.listFlows, async (c) =>
    c.json(await listFlows(c.var.ctx, c.req.valid("param"), c.req.valid("query")), 200),
  );
  mount(
    app,
    routes.containerStats,
    async (c) => {
      const signal = welcome(c);
      const samples = readLines<ContainerStats>(await ask(c, "stats", signal));
      if (c.req.valid("query").follow !== "false") {
        const event = () => "stats";
        return streamLines(c, { lines: samples, signal, event, id: () => undefined, end: async () => ({}) });
      }
      for await (const sample of samples) return c.json(sample, 200);
      throw wrongState({ ...(await rowOf(c)), state: "exited" }, "stats");
    },
    { slot: "streams" },
  );
  mount(
    app,
    routes.exportContainer,
    async (c) => {
      const tar = await ask(c, "export", welcome(c));
      return c.body(Readable.toWeb(tar) as ReadableStream<Uint8Array>, 200, {
        "content-type": "application/x-tar",
        "cache-control": "no-store",
      });
    },
    { slot: "transfers" },
  );
}

function rowOf(c: Context<AppEnv>) {
  return getContainer(c.var.ctx.db, c.var.user.id, { ref: c.req.param("ref") ?? "" });
}

async function ask(c: Context<AppEnv>, measure: Use & StreamAction, signal: AbortSignal) {
  const row = await rowOf(c);
  if (!can(measure, row.state)) throw wrongState(row, measure);
  return callWorker(await workerCall(c.var.deps, row, measure), undefined, signal);
}

async function read<T>(c: Context<AppEnv>, measure: Use & StreamAction): Promise<T> {
  return JSON.parse(await textOf(await ask(c, measure, c.req.raw.signal))) as T;
}
