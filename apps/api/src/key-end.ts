import type { IncomingMessage } from "node:http";
import { authenticate } from "@hafen/core";
import type { Context } from "hono";
import type { WebSocket } from "ws";
import { bearer } from "./auth.ts";
import type { AppEnv } from "./deps.ts";

/** Acts once the request's key is revoked, or its user is not let in any more. Returns what stops the watching. */
export function onKeyEnd(c: Context<AppEnv>, act: () => void): () => void {
  const { deps, key } = c.var;
  const apiKey = bearer(c) ?? "";
  return deps.changes.on(key.id, () => {
    authenticate(deps.database.db, apiKey).then(
      (found) => found ?? act(),
      () => {}, // the database does not answer: the next request will tell
    );
  });
}

/** A WebSocket does not outlive the key it was opened with. */
export function endWithKey(c: Context<AppEnv>, client: WebSocket): void {
  client.on(
    "close",
    onKeyEnd(c, () => client.close(1008, "the key is no longer valid")),
  );
}

/** A worker's answer that may never end, for as long as its client is there and the client's key is valid. */
export async function whileWelcome(
  c: Context<AppEnv>,
  open: (signal: AbortSignal) => Promise<IncomingMessage>,
): Promise<IncomingMessage> {
  const ending = new AbortController();
  const stop = onKeyEnd(c, () => ending.abort(new Error("the key is no longer valid")));
  try {
    const response = await open(AbortSignal.any([c.req.raw.signal, ending.signal]));
    return response.once("close", stop);
  } catch (error) {
    stop();
    throw error;
  }
}
