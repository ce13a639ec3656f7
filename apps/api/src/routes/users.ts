import { routes } from "@hafen/contract";
import { createKey, createUser, getMe, getUser, listKeys, listUsers, revokeKey } from "@hafen/core";
import { idempotent } from "../idempotency.ts";
import { mount, type App } from "../mount.ts";

export function mountUsers(app: App): void {
  mount(app, routes.createUser, async (c) => {
    const input = c.req.valid("json");
    return (await idempotent(c, await c.req.text(), async () => ({
      status: 201,
      body: await createUser(c.var.ctx, input),
      secret: true,
    }))) as never;
  });
  mount(app, routes.listUsers, async (c) => c.json(await listUsers(c.var.ctx.db, c.req.valid("query")), 200));
  mount(app, routes.getUser, async (c) => c.json(await getUser(c.var.ctx.db, c.req.valid("param").ref), 200));
  mount(app, routes.getMe, async (c) => c.json(await getMe(c.var.ctx.db, c.var.user, c.var.scopes), 200));
  mount(app, routes.createKey, async (c) => {
    const input = c.req.valid("json");
    return (await idempotent(c, await c.req.text(), async () => ({
      status: 201,
      body: await createKey(c.var.ctx, c.var.key, input),
      secret: true,
    }))) as never;
  });
  mount(app, routes.listKeys, async (c) =>
    c.json(await listKeys(c.var.ctx.db, c.var.user.id, c.req.valid("query")), 200),
  );
  mount(app, routes.revokeKey, async (c) => {
    await revokeKey(c.var.ctx, c.req.valid("param").ref);
    return c.body(null, 204);
  });
}
