import { Readable } from "node:stream";
import { routes } from "@hafen/contract";
import { commitContainer, exportedTags, findImage, pullImage, pushImage } from "@hafen/core";
import { idempotent } from "../idempotency.ts";
import { welcome } from "../key-end.ts";
import { mount, type App } from "../mount.ts";
import { callWorker, workerCall } from "../worker-streams.ts";
import { settledBuild } from "./builds.ts";

/** What brings images in and out beside uploads: containers, registries, archives. */
export function mountImageTransfers(app: App): void {
  mount(app, routes.commitContainer, async (c) => {
    const input = c.req.valid("json") ?? {};
    return (await idempotent(c, JSON.stringify(input), async () =>
      settledBuild(c, () => commitContainer(c.var.ctx, c.req.valid("param"), input)),
    )) as never;
  });
  mount(app, routes.pullImage, async (c) => {
    const input = c.req.valid("json");
    return (await idempotent(c, JSON.stringify(input), async () =>
      settledBuild(c, () => pullImage(c.var.ctx, input)),
    )) as never;
  });
  mount(app, routes.pushImage, async (c) => {
    const input = c.req.valid("json");
    return (await idempotent(c, JSON.stringify(input), async () =>
      settledBuild(c, () => pushImage(c.var.ctx, c.req.valid("param").ref, input)),
    )) as never;
  });
  mount(
    app,
    routes.exportImage,
    async (c) => {
      const { ctx, deps, user } = c.var;
      const { ref } = c.req.valid("param");
      const image = await findImage(ctx.db, user.id, ref, "use");
      const tags = await exportedTags(ctx.db, user.id, image, ref);
      const call = await workerCall(deps, image, "image.export", { tags: JSON.stringify(tags) });
      const tar = await callWorker(call, undefined, welcome(c));
      return c.body(Readable.toWeb(tar) as ReadableStream<Uint8Array>, 200, {
        "content-type": "application/x-tar",
        "cache-control": "no-store",
      });
    },
    { slot: "transfers" },
  );
}
