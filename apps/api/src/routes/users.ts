import { routes } from "@hafen/contract";
import {
  createKey,
  createUser,
  describeUser,
  getMe,
  getUserRow,
  listKeys,
  listUsers,
  removeUser,
  revokeKey,
  updateUser,
} from "@hafen/core";
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
  mount(app, routes.getUser, async (c) => {
    const { db } = c.var.ctx;
    return c.json(await describeUser(db, await getUserRow(db, c.req.valid("param").ref)), 200);
  });
  mount(app, routes.updateUser, async (c) =>
    c.json(await updateUser(c.var.ctx, c.req.valid("param").ref, c.req.valid("json")), 200),
  );
  mount(app, routes.removeUser, async (c) =>
    c.json(await describeUser(c.var.ctx.db, await removeUser(c.var.ctx, c.req.valid("param").ref)), 202),
  );
  mount(app, routes.getMe, async (c) => {
    const { deps, ctx, user, scopes } = c.var;
    return c.json(await getMe(ctx.db, user, scopes, deps.slots.openOf(user.id)), 200);
  });
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
