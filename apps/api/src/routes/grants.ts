import { routes, type CreateGrant } from "@hafen/contract";
import { createGrant, listGrants, listReceived, revokeGrant, type Granted } from "@hafen/core";
import type { Context } from "hono";
import type { AppEnv } from "../deps.ts";
import { idempotent } from "../idempotency.ts";
import { mount, type App } from "../mount.ts";

export function mountGrants(app: App): void {
  mount(app, routes.grantImage, async (c) =>
    give(c, { type: "image", ref: c.req.valid("param").ref }, c.req.valid("json")),
  );
  mount(app, routes.grantVolume, async (c) =>
    give(c, { type: "volume", ref: c.req.valid("param").ref }, c.req.valid("json")),
  );
  mount(app, routes.listImageGrants, async (c) =>
    c.json({ items: await given(c, { type: "image", ref: c.req.valid("param").ref }) }, 200),
  );
  mount(app, routes.listVolumeGrants, async (c) =>
    c.json({ items: await given(c, { type: "volume", ref: c.req.valid("param").ref }) }, 200),
  );
  mount(app, routes.revokeImageGrant, async (c) => {
    const { ref, grant } = c.req.valid("param");
    await revokeGrant(c.var.ctx, { type: "image", ref }, grant);
    return c.body(null, 204);
  });
  mount(app, routes.revokeVolumeGrant, async (c) => {
    const { ref, grant } = c.req.valid("param");
    await revokeGrant(c.var.ctx, { type: "volume", ref }, grant);
    return c.body(null, 204);
  });
  mount(app, routes.listReceivedGrants, async (c) =>
    c.json(await listReceived(c.var.ctx.db, c.var.user.id, c.req.valid("query")), 200),
  );
}

async function give(c: Context<AppEnv>, thing: Granted, input: CreateGrant): Promise<never> {
  return (await idempotent(c, await c.req.text(), async () => ({
    status: 201,
    body: await createGrant(c.var.ctx, thing, input),
  }))) as never;
}

function given(c: Context<AppEnv>, thing: Granted) {
  return listGrants(c.var.ctx.db, c.var.user.id, thing);
}
