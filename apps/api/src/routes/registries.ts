import { routes } from "@hafen/contract";
import { listCredentials, removeCredential, storeCredential } from "@hafen/core";
import { mount, type App } from "../mount.ts";

export function mountRegistries(app: App): void {
  mount(app, routes.listRegistries, async (c) => c.json(await listCredentials(c.var.ctx.db, c.var.user.id), 200));
  mount(app, routes.storeRegistry, async (c) =>
    c.json(await storeCredential(c.var.ctx, c.req.valid("param").registry, c.req.valid("json")), 200),
  );
  mount(app, routes.removeRegistry, async (c) => {
    await removeCredential(c.var.ctx, c.req.valid("param").registry);
    return c.body(null, 204);
  });
}
