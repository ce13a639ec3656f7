import { can, ProblemError, routes, type StreamEnded } from "@hafen/contract";
import { getContainer, waitContainer, wrongState, type Ctx } from "@hafen/core";
import type { ContainerRow } from "@hafen/db";
import type { WebSocket } from "ws";
import { bearer } from "../auth.ts";
import { endWithKey } from "../end-with-key.ts";
import { mount, type App } from "../mount.ts";
import { relay } from "../relay.ts";
import { dialWorker } from "../worker-socket.ts";
import { workerCall } from "../worker-streams.ts";

/** In one api process. */
const MAX_SOCKETS_PER_USER = 100;
/** How long the row of a container may take to show the end that its output showed. */
const END_MS = 10_000;

export function mountStreams(app: App): void {
  const open = new Map<string, number>();
  mount(app, routes.attachContainer, async (c) => {
    const { ctx, user, deps } = c.var;
    const row = await getContainer(ctx.db, user.id, c.req.valid("param"));
    if (!can("attach", row.state)) throw wrongState(row, "attach");
    const { upgrade } = c.env;
    if (!upgrade) throw new ProblemError("upgrade_required", "Open this path as a WebSocket.");
    if ((open.get(user.id) ?? 0) >= MAX_SOCKETS_PER_USER)
      throw new ProblemError("too_many_streams", `You have ${MAX_SOCKETS_PER_USER} open. Close some first.`);
    const worker = await dialWorker(await workerCall(deps, row, "attach", c.req.valid("query")), c.req.raw.signal);
    const apiKey = bearer(c);
    upgrade.accept((client) => {
      count(open, user.id, client);
      endWithKey(c, apiKey, client);
      relay(client, worker, (exitCode) => endOf(ctx, row, exitCode));
    });
    return c.body(null, 200) as never;
  });
}

function count(open: Map<string, number>, userId: string, client: WebSocket): void {
  open.set(userId, (open.get(userId) ?? 0) + 1);
  client.on("close", () => {
    const left = (open.get(userId) ?? 1) - 1;
    if (left === 0) open.delete(userId);
    else open.set(userId, left);
  });
}

/** The engine's exit code with the row's reason, once the row has it. */
async function endOf(ctx: Ctx, row: ContainerRow, exitCode: number | null): Promise<StreamEnded> {
  if (exitCode === null) return { type: "ended", exitCode, termination: null };
  const waited = await waitContainer(ctx, { ref: row.id }, END_MS).catch(() => undefined);
  if (!waited?.settled) return { type: "ended", exitCode, termination: null };
  return { type: "ended", exitCode: waited.exitCode ?? exitCode, termination: waited.termination };
}
