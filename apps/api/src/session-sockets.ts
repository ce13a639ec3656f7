import { ProblemError } from "@hafen/contract";
import type { StreamAction } from "@hafen/core";
import type { ContainerRow } from "@hafen/db";
import type { Context } from "hono";
import type { WebSocket } from "ws";
import type { AppEnv } from "./deps.ts";
import { endWithKey } from "./key-end.ts";
import { relay, type RelayOptions } from "./relay.ts";
import { dialWorker } from "./worker-socket.ts";
import { workerCall } from "./worker-streams.ts";

export type OpenSession = (
  c: Context<AppEnv>,
  row: ContainerRow,
  action: StreamAction,
  query: Record<string, string | undefined>,
  options: SessionOptions,
) => Promise<Response>;

export interface SessionOptions extends RelayOptions {
  /** Done once the worker is there, before the client is answered. */
  begin?: () => Promise<void>;
}

/** WebSockets between a client and the worker of a container, counted for each user; a stream does not outlive its key. */
export function sessionSockets(): OpenSession {
  return async (c, row, action, query, { begin, ...options }) => {
    const { user, deps } = c.var;
    const { upgrade } = c.env;
    if (!upgrade) throw new ProblemError("upgrade_required", "Open this path as a WebSocket.");
    const worker = await dialled(c, row, action, query, deps.slots.take("sessions", user.id, c.var.streams));
    try {
      await begin?.();
    } catch (error) {
      worker.terminate();
      throw error;
    }
    upgrade.accept((client) => {
      endWithKey(c, client);
      relay(client, worker, options);
    });
    return c.body(null, 200);
  };
}

/** The slot is the worker's socket's: that one ends with the client, whether or not its handshake came to an end. */
async function dialled(
  c: Context<AppEnv>,
  row: ContainerRow,
  action: StreamAction,
  query: Record<string, string | undefined>,
  release: () => void,
): Promise<WebSocket> {
  try {
    const worker = await dialWorker(await workerCall(c.var.deps, row, action, query), c.req.raw.signal);
    return worker.once("close", release);
  } catch (error) {
    release();
    throw error;
  }
}
