import { buildEnded, InlineBuild, ProblemError, routes, type BuildOptions } from "@hafen/contract";
import { BuildOptions as BuildOptionsSchema } from "@hafen/contract";
import {
  buildLogs,
  cancelBuild,
  createBuild,
  describeBuild,
  getBuildRow,
  keepIfTaken,
  listBuilds,
  receiveContext,
  removeBuild,
  waitBuild,
  type Source,
} from "@hafen/core";
import type { BuildRow } from "@hafen/db";
import type { Context } from "hono";
import type { AppEnv } from "../deps.ts";
import { validationProblem } from "../errors.ts";
import { idempotent, type Answer } from "../idempotency.ts";
import { welcome } from "../key-end.ts";
import { streamLines } from "../line-stream.ts";
import { isJson, mount, type App } from "../mount.ts";
import { refuseUnkeepable } from "../plain-text.ts";
import { waitMs } from "../prefer.ts";
import { uploadOf, whileUploading } from "../upload.ts";

/** The highest number of a log line that the database can compare with. */
const MAX_LINE = 2 ** 31 - 2;
/** Inline files are base64 in JSON, held in memory: for a few files, not for a repository. */
const INLINE_BYTES = 32 * 1024 * 1024;

export function mountBuilds(app: App): void {
  mount(
    app,
    routes.createBuild,
    async (c) => {
      const { source, options } = isJson(c)
        ? await inlineBuild(c)
        : { source: { tar: uploadOf(c) }, options: queryOptions(c.req.valid("query")) };
      waitMs(c);
      const receive = () =>
        receiveContext(c.var.ctx, source, {
          dockerfile: options.dockerfile ?? "Dockerfile",
          limits: c.var.deps.limits,
        });
      const received = await ("tar" in source ? whileUploading(c, receive) : receive());
      return (await keepIfTaken(c.var.ctx, received.blob, (take) =>
        idempotent(c, `${received.blob.digest} ${JSON.stringify(options)}`, async () => {
          take();
          return settledBuild(c, () => createBuild(c.var.ctx, { ...options, ...received, kind: "dockerfile" }));
        }),
      )) as never;
    },
    { maxBytes: null, maxJsonBytes: INLINE_BYTES },
  );
  mount(app, routes.listBuilds, async (c) =>
    c.json(await listBuilds(c.var.ctx.db, c.var.user.id, c.req.valid("query")), 200),
  );
  mount(app, routes.getBuild, async (c) => {
    const row = await getBuildRow(c.var.ctx.db, c.var.user.id, c.req.valid("param").id);
    return c.json(await describeBuild(c.var.ctx.db, row), 200);
  });
  mount(app, routes.removeBuild, async (c) => {
    await removeBuild(c.var.ctx, c.req.valid("param").id);
    return c.body(null, 204);
  });
  mount(app, routes.cancelBuild, async (c) => {
    const { id } = c.req.valid("param");
    return (await idempotent(c, "", async () => settledBuild(c, () => cancelBuild(c.var.ctx, id)))) as never;
  });
  mount(
    app,
    routes.buildLogs,
    async (c) => {
      const { ctx } = c.var;
      const row = await getBuildRow(ctx.db, ctx.actor.userId, c.req.valid("param").id);
      const after = Number(c.req.valid("header")["last-event-id"] ?? "0");
      if (!Number.isInteger(after) || after < 0 || after > MAX_LINE)
        throw new ProblemError("invalid_request", "Last-Event-ID takes the id of a line.", {
          errors: [{ pointer: "header:last-event-id", detail: "a whole number" }],
        });
      const follow = c.req.valid("query").follow === "true";
      const signal = welcome(c);
      return streamLines(c, {
        lines: buildLogs(ctx, row, { after, follow, signal }),
        signal,
        id: (line) => String(line.id),
        end: async () => describeBuild(ctx.db, await getBuildRow(ctx.db, ctx.actor.userId, row.id)),
      });
    },
    { slot: "streams" },
  );
}

/** The build as it is, or with `Prefer: wait` once it has ended. */
export async function settledBuild(c: Context<AppEnv>, verb: () => Promise<BuildRow>): Promise<Answer> {
  const timeoutMs = waitMs(c);
  const now = await waitBuild(c.var.ctx, await verb(), timeoutMs, c.req.raw.signal);
  return { status: buildEnded(now.state) ? 200 : 202, body: await describeBuild(c.var.ctx.db, now) };
}

async function inlineBuild(c: Context<AppEnv>): Promise<{ source: Source; options: BuildOptions }> {
  const { files, ...options } = c.req.valid("json" as never) as InlineBuild;
  return {
    source: {
      files: Object.fromEntries(Object.entries(files).map(([path, text]) => [path, Buffer.from(text, "base64")])),
    },
    options,
  };
}

interface Query {
  tag?: string | undefined;
  dockerfile?: string | undefined;
  target?: string | undefined;
  noCache?: "true" | "false" | undefined;
  buildArgs?: string | undefined;
  labels?: string | undefined;
}
function queryOptions(query: Query): BuildOptions {
  const result = BuildOptionsSchema.strict().safeParse({
    ...query,
    noCache: query.noCache === undefined ? undefined : query.noCache === "true",
    buildArgs: jsonParameter("buildArgs", query.buildArgs),
    labels: jsonParameter("labels", query.labels),
  });
  if (!result.success) throw validationProblem("query", result.error.issues);
  refuseUnkeepable("query", result.data);
  return result.data;
}

function jsonParameter(name: string, text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError("invalid_request", `${name} takes a JSON object.`, {
      errors: [{ pointer: `?${name}`, detail: "not JSON" }],
    });
  }
}
