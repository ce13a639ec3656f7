import { routes } from "@hafen/contract";
import {
  accessibleVolume,
  cloneVolume,
  createVolume,
  describeVolume,
  listVolumes,
  removeVolume,
  waitCopied,
  waitVolumeGone,
} from "@hafen/core";
import type { VolumeRow } from "@hafen/db";
import type { Context } from "hono";
import type { AppEnv } from "../deps.ts";
import { idempotent } from "../idempotency.ts";
import { mount, type App } from "../mount.ts";
import { waitMs } from "../prefer.ts";
import { hostUsage } from "../user-usage.ts";

export function mountVolumes(app: App): void {
  mount(app, routes.createVolume, async (c) => {
    const input = c.req.valid("json");
    return (await idempotent(c, await c.req.text(), async () => {
      const row = await createVolume(c.var.ctx, input);
      return { status: 201, body: await describeVolume(c.var.ctx.db, c.var.user.id, row) };
    })) as never;
  });
  mount(app, routes.listVolumes, async (c) =>
    c.json(await listVolumes(c.var.ctx.db, c.var.user.id, c.req.valid("query")), 200),
  );
  mount(app, routes.getVolume, async (c) => {
    const row = await accessibleVolume(c.var.ctx.db, c.var.user.id, c.req.valid("param").ref, "read");
    const volume = await describeVolume(c.var.ctx.db, c.var.user.id, row);
    if (c.req.valid("query").size !== "true") return c.json(volume, 200);
    return c.json({ ...volume, usedBytes: await usedBytes(c, row) }, 200);
  });
  mount(app, routes.cloneVolume, async (c) => {
    const { ref } = c.req.valid("param");
    const input = c.req.valid("json");
    const timeoutMs = waitMs(c);
    return (await idempotent(c, await c.req.text(), async () => {
      const row = await waitCopied(c.var.ctx, await cloneVolume(c.var.ctx, ref, input), timeoutMs, c.req.raw.signal);
      return {
        status: row.state === "copying" ? 202 : 200,
        body: await describeVolume(c.var.ctx.db, c.var.user.id, row),
      };
    })) as never;
  });
  mount(app, routes.removeVolume, async (c) => {
    const timeoutMs = waitMs(c);
    const row = await removeVolume(c.var.ctx, c.req.valid("param").ref);
    const now = await waitVolumeGone(c.var.ctx, row, timeoutMs, c.req.raw.signal);
    return c.json(await describeVolume(c.var.ctx.db, c.var.user.id, now), now.state === "removed" ? 200 : 202);
  });
}

/** What was never on a host holds nothing. */
async function usedBytes(c: Context<AppEnv>, { id, userId, hostId }: VolumeRow): Promise<number | null> {
  if (hostId === null) return 0;
  const { volumes } = await hostUsage(c.var.deps, userId, hostId, c.req.raw.signal);
  return volumes[id] ?? null;
}
