import { ProblemError } from "@hafen/contract";
import type { StreamAction } from "@hafen/core";
import type { ContainerRow } from "@hafen/db";
import type { Context } from "hono";
import type { WebSocket } from "ws";
import type { AppEnv } from "./deps.ts";
import { onKeyEnd } from "./key-end.ts";
import { relay, type RelayOptions } from "./relay.ts";
import { dialWorker } from "./worker-socket.ts";
import { workerCall } from "./worker-streams.ts";

/** In one api process. */
const MAX_SOCKETS_PER_USER = 100;

export type OpenSession = (
  c: Context<AppEnv>,
  row: ContainerRow,
  action: StreamAction,
  query: Record<string, string | undefined>,
  options: RelayOptions,
) => Promise<Response>;

/** WebSockets between a client and the worker of a container, counted for each user; a stream does not outlive its key. */
export function sessionSockets(): OpenSession {
  const open = new Map<string, number>();
  return async (c, row, action, query, options) => {
    const { user, deps } = c.var;
    const { upgrade } = c.env;
    if (!upgrade) throw new ProblemError("upgrade_required", "Open this path as a WebSocket.");
    if ((open.get(user.id) ?? 0) >= MAX_SOCKETS_PER_USER)
      throw new ProblemError("too_many_streams", `You have ${MAX_SOCKETS_PER_USER} open. Close some first.`);
    const worker = await dialWorker(await workerCall(deps, row, action, query), c.req.raw.signal);
    upgrade.accept((client) => {
      count(open, user.id, client);
      client.on(
        "close",
        onKeyEnd(c, () => client.close(1008, "the key is no longer valid")),
      );
      relay(client, worker, options);
    });
    return c.body(null, 200);
  };
}

function count(open: Map<string, number>, userId: string, client: WebSocket): void {
  open.set(userId, (open.get(userId) ?? 0) + 1);
  client.on("close", () => {
    const left = (open.get(userId) ?? 1) - 1;
    if (left === 0) open.delete(userId);
    else open.set(userId, left);
  });
}
