import { ProblemError, routes, SECRET_BYTES, type StoreSecret } from "@hafen/contract";
import { getSecret, listSecrets, removeSecret, secretValue, storeSecret } from "@hafen/core";
import { isJson, mount, type App } from "../mount.ts";
import { mediaType, RAW } from "../upload.ts";

/** Of a JSON body: each byte of a value may be written as `\u00ff`. */
const JSON_BYTES = 6 * 2 * SECRET_BYTES;

export function mountSecrets(app: App): void {
  mount(app, routes.listSecrets, async (c) => c.json(await listSecrets(c.var.ctx.db, c.var.user.id), 200));
  mount(app, routes.getSecret, async (c) =>
    c.json(await getSecret(c.var.ctx.db, c.var.user.id, c.req.valid("param").name), 200),
  );
  mount(
    app,
    routes.storeSecret,
    async (c) => {
      if (!isJson(c) && mediaType(c) !== RAW)
        throw new ProblemError("unsupported_media_type", `Send the value as JSON, or as it is with ${RAW}.`);
      const value = isJson(c)
        ? secretValue(c.req.valid("json" as never) as StoreSecret)
        : new Uint8Array(await c.req.arrayBuffer());
      return c.json(await storeSecret(c.var.ctx, c.req.valid("param").name, value), 200);
    },
    { maxBytes: JSON_BYTES, data: ["value"] },
  );
  mount(app, routes.removeSecret, async (c) => {
    await removeSecret(c.var.ctx, c.req.valid("param").name);
    return c.body(null, 204);
  });
}
