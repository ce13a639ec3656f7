import { ProblemError, routes } from "@hafen/contract";
import {
  createBuild,
  describeImage,
  getImage,
  imageHistory,
  listImages,
  receiveImage,
  keepIfTaken,
  importChanges,
  removeImage,
  tagImage,
} from "@hafen/core";
import { idempotent } from "../idempotency.ts";
import { refuseUnkeepable } from "../plain-text.ts";
import { mount, type App } from "../mount.ts";
import { waitMs } from "../prefer.ts";
import { settledBuild } from "./builds.ts";
import { uploadOf, whileUploading } from "../upload.ts";

export function mountImages(app: App): void {
  mount(app, routes.listImages, async (c) =>
    c.json(await listImages(c.var.ctx.db, c.var.user.id, c.req.valid("query")), 200),
  );
  mount(app, routes.getImage, async (c) =>
    c.json(await getImage(c.var.ctx.db, c.var.user.id, c.req.valid("param").ref), 200),
  );
  mount(app, routes.imageHistory, async (c) =>
    c.json(await imageHistory(c.var.ctx.db, c.var.user.id, c.req.valid("param").ref), 200),
  );
  mount(app, routes.removeImage, async (c) => c.json(await removeImage(c.var.ctx, c.req.valid("param").ref), 200));
  mount(app, routes.tagImage, async (c) => {
    const { ref } = c.req.valid("param");
    const { tag } = c.req.valid("json");
    return (await idempotent(c, await c.req.text(), async () => {
      const row = await tagImage(c.var.ctx, ref, tag);
      return { status: 200, body: await describeImage(c.var.ctx.db, c.var.user.id, row) };
    })) as never;
  });
  mount(
    app,
    routes.importImage,
    async (c) => {
      const { tag, catalog, command, changes, keepTags } = c.req.valid("query");
      const cmd = command === undefined ? [] : [`CMD ${JSON.stringify(stringList("command", command))}`];
      const all = [...cmd, ...(changes === undefined ? [] : importChanges(stringList("changes", changes)))];
      waitMs(c); // before the upload is read
      const { kind, blob, tags } = await whileUploading(c, () =>
        receiveImage(c.var.ctx, uploadOf(c), c.var.deps.limits),
      );
      return (await keepIfTaken(c.var.ctx, blob, (take) =>
        idempotent(c, `${blob.digest} ${JSON.stringify(tags)}`, async () => {
          take();
          return settledBuild(c, () =>
            createBuild(c.var.ctx, {
              kind,
              blob,
              tag,
              catalog: catalog === "true",
              changes: all,
              dockerfileText: "",
              ...(keepTags === "true" && { tags }),
            }),
          );
        }),
      )) as never;
    },
    { maxBytes: null },
  );
}

function stringList(name: string, text: string): string[] {
  const refuse = () =>
    new ProblemError("invalid_request", `${name} takes a JSON array of strings.`, {
      errors: [{ pointer: `?${name}`, detail: 'a JSON array, as ["sh"]' }],
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse();
  }
  refuseUnkeepable("query", { [name]: value });
  if (!Array.isArray(value) || !value.every((part) => typeof part === "string")) throw refuse();
  return value;
}
