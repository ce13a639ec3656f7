import { routes } from "@hafen/contract";
import { exportAudit, listAudit } from "@hafen/core";
import { welcome } from "../key-end.ts";
import { streamLines } from "../line-stream.ts";
import { mount, type App } from "../mount.ts";
import { atRequestEnd } from "../request-end.ts";

export function mountAudit(app: App): void {
  mount(app, routes.listAudit, async (c) => {
    const { ctx, deps, user, streams } = c.var;
    const query = c.req.valid("query");
    if (!c.req.header("accept")?.includes("application/x-ndjson"))
      return c.json(await listAudit(ctx.db, ctx.actor, query), 200);
    atRequestEnd(c, deps.slots.take("streams", user.id, streams));
    const lines = await exportAudit(ctx.db, ctx.actor, query);
    return streamLines(c, { lines, id: ({ id }) => id, signal: welcome(c) }) as never;
  });
}
