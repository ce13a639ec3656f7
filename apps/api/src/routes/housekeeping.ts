import { routes, type Prune } from "@hafen/contract";
import { describeUsage, imageTree, prune, setRetention, type PruneHosts } from "@hafen/core";
import { getRetention } from "@hafen/db";
import type { Context } from "hono";
import type { AppEnv } from "../deps.ts";
import { idempotent } from "../idempotency.ts";
import { mount, type App } from "../mount.ts";
import { userUsageOf } from "../user-usage.ts";
import { callWorker, workerCall } from "../worker-streams.ts";

export function mountHousekeeping(app: App): void {
  mount(app, routes.diskUsage, async (c) => {
    const usage = await userUsageOf(c.var.deps, c.var.user.id, c.req.raw.signal);
    const verbose = c.req.valid("query").verbose === "true";
    return c.json(await describeUsage(c.var.ctx.db, c.var.user.id, usage, verbose), 200);
  });
  mount(app, routes.imageTree, async (c) => c.json(await imageTree(c.var.ctx.db, c.var.user.id), 200));
  mount(app, routes.prune, async (c) => {
    const input: Prune = c.req.valid("json");
    const act = async () => ({
      status: 200 as const,
      body: await prune(c.var.ctx, input, hostsOf(c), c.req.raw.signal),
    });
    // Taken over after the usual time although this may take longer: of two prunes at once each thing goes once.
    return (await idempotent(c, await c.req.text(), act)) as never;
  });
  mount(app, routes.getRetention, async (c) => c.json(await getRetention(c.var.ctx.db, c.var.user.id), 200));
  mount(app, routes.setRetention, async (c) => c.json(await setRetention(c.var.ctx, c.req.valid("json")), 200));
}

/** The hosts, as a prune in this user's name needs them. */
function hostsOf(c: Context<AppEnv>): PruneHosts {
  const { deps, user, ctx } = c.var;
  const { signal } = c.req.raw;
  return {
    usage: () => userUsageOf(deps, user.id, signal),
    async pruneVolume(volume, dryRun) {
      const call = await workerCall(deps, volume, "volume.prune", { dryRun: String(dryRun) });
      const { userId, scopes, keyId, requestId } = ctx.actor;
      await callWorker(call, JSON.stringify({ userId, scopes, keyId, requestId, via: "prune" }), signal);
    },
  };
}
