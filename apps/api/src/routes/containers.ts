import { ProblemError, routes, settled, type Container, type ExecResult, type LogLine } from "@hafen/contract";
import {
  createContainer,
  describeContainer,
  getContainer,
  killContainer,
  listContainers,
  pauseContainer,
  removeContainer,
  restartContainer,
  startContainer,
  stopContainer,
  unpauseContainer,
  updateContainer,
  waitContainer,
  waitSettled,
  wrongState,
} from "@hafen/core";
import { can } from "@hafen/contract";
import type { ContainerRow } from "@hafen/db";
import type { Context } from "hono";
import type { AppEnv } from "../deps.ts";
import { dispatch } from "../dispatch.ts";
import { idempotent, type Answer } from "../idempotency.ts";
import { welcome } from "../key-end.ts";
import { streamLines } from "../line-stream.ts";
import { mount, type App } from "../mount.ts";
import { waitMs } from "../prefer.ts";
import { sizeOf, withSizes } from "./container-sizes.ts";
import { callWorker, readLines, workerCall } from "../worker-streams.ts";

/** How long a followed log waits for a start that is due. */
const START_MS = 30_000;

export function mountContainers(app: App): void {
  mount(app, routes.createContainer, async (c) => {
    const input = c.req.valid("json");
    return (await idempotent(c, await c.req.text(), async () =>
      settledContainer(c, () => createContainer(c.var.ctx, input)),
    )) as never;
  });
  mount(app, routes.listContainers, async (c) => {
    const query = c.req.valid("query");
    const page = await listContainers(c.var.ctx, c.var.user.id, query);
    return c.json(query.size === "true" ? await withSizes(c, page) : page, 200);
  });
  mount(app, routes.getContainer, async (c) => {
    const row = await getContainer(c.var.ctx.db, c.var.user.id, c.req.valid("param"));
    const size = c.req.valid("query").size === "true" ? await sizeOf(c, row) : null;
    return c.json({ ...(await describeContainer(c.var.ctx, row)), size }, 200);
  });
  mount(app, routes.removeContainer, async (c) => {
    const { force, volumes } = c.req.valid("query");
    const { status, body } = await settledContainer(c, () =>
      removeContainer(c.var.ctx, c.req.valid("param"), { force: force === "true", volumes: volumes === "true" }),
    );
    return c.json(body as never, status as 200);
  });
  mount(app, routes.startContainer, async (c) => {
    const key = c.req.valid("param");
    return (await idempotent(c, "", async () => settledContainer(c, () => startContainer(c.var.ctx, key)))) as never;
  });
  mount(app, routes.stopContainer, async (c) => {
    const key = c.req.valid("param");
    const options = c.req.valid("json") ?? {};
    return (await idempotent(c, JSON.stringify(options), async () =>
      settledContainer(c, () => stopContainer(c.var.ctx, key, options)),
    )) as never;
  });
  mount(app, routes.restartContainer, async (c) => {
    const key = c.req.valid("param");
    const options = c.req.valid("json") ?? {};
    return (await idempotent(c, JSON.stringify(options), async () =>
      settledContainer(c, () => restartContainer(c.var.ctx, key, options)),
    )) as never;
  });
  mount(app, routes.killContainer, async (c) => {
    const key = c.req.valid("param");
    const { signal = "SIGKILL" } = c.req.valid("json") ?? {};
    return (await idempotent(c, signal, async () =>
      settledContainer(c, () =>
        signal === "SIGKILL" ? killContainer(c.var.ctx, key) : sendSignal(c, key.ref, signal),
      ),
    )) as never;
  });
  mount(app, routes.pauseContainer, async (c) => {
    const key = c.req.valid("param");
    return (await idempotent(c, "", async () => settledContainer(c, () => pauseContainer(c.var.ctx, key)))) as never;
  });
  mount(app, routes.unpauseContainer, async (c) => {
    const key = c.req.valid("param");
    return (await idempotent(c, "", async () => settledContainer(c, () => unpauseContainer(c.var.ctx, key)))) as never;
  });
  mount(app, routes.updateContainer, async (c) => {
    const input = c.req.valid("json");
    const { status, body } = await settledContainer(c, () => updateContainer(c.var.ctx, c.req.valid("param"), input));
    if (input.limits !== undefined) refuseLimits(body as Container);
    return c.json(body as never, status as 200);
  });
  mount(app, routes.renameContainer, async (c) => {
    const key = c.req.valid("param");
    const { name } = c.req.valid("json");
    return (await idempotent(c, await c.req.text(), async () =>
      settledContainer(c, () => updateContainer(c.var.ctx, key, { name })),
    )) as never;
  });
  mount(
    app,
    routes.waitContainer,
    async (c) => {
      const { timeoutSeconds = 300, condition } = c.req.valid("json") ?? {};
      const options = { condition, signal: c.req.raw.signal };
      return c.json(await waitContainer(c.var.ctx, c.req.valid("param"), timeoutSeconds * 1000, options), 200);
    },
    { slot: "streams" },
  );
  mount(
    app,
    routes.execContainer,
    async (c) => {
      const input = c.req.valid("json");
      const row = await getContainer(c.var.ctx.db, c.var.user.id, c.req.valid("param"));
      if (!can("exec", row.state)) throw wrongState(row, "exec");
      const lockSeconds = (input.timeoutSeconds ?? 60) + 30;
      return (await idempotent(
        c,
        await c.req.text(),
        async () => {
          const call = await workerCall(c.var.deps, row, "exec");
          const body = JSON.parse(await dispatch(c, call, input)) as ExecResult;
          // What it printed may be one of them, and answers are kept for a day.
          return { status: 200, body, secret: row.config.hasSecrets ?? false };
        },
        lockSeconds,
      )) as never;
    },
    { data: ["stdin"], slot: "execs" },
  );
  mount(
    app,
    routes.containerLogs,
    async (c) => {
      const now = await getContainer(c.var.ctx.db, c.var.user.id, c.req.valid("param"));
      const { follow, tail, since, until, stdout, stderr } = c.req.valid("query");
      // The engine ends the log of what does not run: one that is about to start is followed once it does.
      const row =
        follow === "true" && now.startDue ? await waitSettled(c.var.ctx, now, START_MS, c.req.raw.signal) : now;
      const after = c.req.valid("header")["last-event-id"];
      const query = { follow, until, tail: tail?.toString(), since, after, stdout, stderr };
      const call = await workerCall(c.var.deps, row, "logs", query);
      const signal = welcome(c);
      return streamLines<LogLine>(c, {
        lines: readLines(await callWorker(call, undefined, signal)),
        signal,
        id: (line) => line.id,
        end: async () => ({}),
      });
    },
    { slot: "streams" },
  );
}

/** Who has waited for the host's answer hears it. */
function refuseLimits({ limitsRefused, limits }: Container): void {
  if (limitsRefused !== null) throw new ProblemError("limits_refused", limitsRefused, { limits });
}

/** A signal that does not say what the container should become: its worker sends it, and the row follows what then happens. */
async function sendSignal(c: Context<AppEnv>, ref: string, signal: string): Promise<ContainerRow> {
  const row = await getContainer(c.var.ctx.db, c.var.user.id, { ref });
  if (!can("kill", row.state)) throw wrongState(row, "kill");
  const call = await workerCall(c.var.deps, row, "signal");
  await dispatch(c, call, { signal });
  return getContainer(c.var.ctx.db, c.var.user.id, { ref: row.id });
}

async function settledContainer(c: Context<AppEnv>, verb: () => Promise<ContainerRow>): Promise<Answer> {
  const timeoutMs = waitMs(c);
  const row = await verb();
  const now = timeoutMs === 0 ? row : await waitSettled(c.var.ctx, row, timeoutMs, c.req.raw.signal);
  return { status: settled(now) ? 200 : 202, body: await describeContainer(c.var.ctx, now) };
}
