import type { Duplex } from "node:stream";
import { can, ProblemError, routes } from "@hafen/contract";
import { createLink, getContainer, listLinks, revokeLink, wrongState } from "@hafen/core";
import type { ContainerRow } from "@hafen/db";
import type { Deps } from "../deps.ts";
import { idempotent } from "../idempotency.ts";
import { mount, type App } from "../mount.ts";
import { dialPort } from "../ports/dial.ts";
import { relayPort } from "../relay-port.ts";
import { endWithKey } from "../key-end.ts";
import { workerCall } from "../worker-streams.ts";

export function mountPorts(app: App): void {
  mount(app, routes.createLink, async (c) => {
    const { ref, port } = c.req.valid("param");
    const input = c.req.valid("json") ?? {};
    return (await idempotent(c, JSON.stringify(input), async () => ({
      status: 201,
      body: await createLink(c.var.ctx, { ref }, port, input),
      secret: true,
    }))) as never;
  });
  mount(app, routes.listLinks, async (c) =>
    c.json(await listLinks(c.var.ctx, c.req.valid("param"), c.req.valid("query")), 200),
  );
  mount(app, routes.revokeLink, async (c) => {
    const { ref, link } = c.req.valid("param");
    await revokeLink(c.var.ctx, { ref }, link);
    return c.body(null, 204);
  });

  mount(app, routes.connectPort, async (c) => {
    const { ctx, user, deps } = c.var;
    const { ref, port } = c.req.valid("param");
    const row = await getContainer(ctx.db, user.id, { ref });
    if (!can("connect", row.state)) throw wrongState(row, "connect");
    const container = await dialled(deps, row, port, deps.slots.take("connections", user.id, c.var.streams));
    const { signal } = c.req.raw;
    signal.addEventListener("abort", () => container.destroy(), { once: true });
    const { upgrade } = c.env;
    if (!upgrade || signal.aborted) {
      // Only now: a client whose WebSocket was refused asks again without, to learn what is wrong with the port.
      container.destroy();
      throw new ProblemError("upgrade_required", "Open this path as a WebSocket.");
    }
    upgrade.accept((client) => {
      endWithKey(c, client);
      relayPort(client, container, c.req.valid("query").window);
    });
    return c.body(null, 200) as never;
  });
}

async function dialled(deps: Deps, row: ContainerRow, port: number, release: () => void): Promise<Duplex> {
  try {
    const container = await dialPort(await workerCall(deps, row, "connect", { port: String(port) }), true);
    return container.once("close", release);
  } catch (error) {
    release();
    throw error;
  }
}
