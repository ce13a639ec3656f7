import { authenticate } from "@hafen/core";
import type { Context } from "hono";
import type { WebSocket } from "ws";
import type { AppEnv } from "./deps.ts";

/** A stream does not outlive the key it was opened with. */
export function endWithKey(c: Context<AppEnv>, apiKey: string | undefined, client: WebSocket): void {
  const { deps, key } = c.var;
  const off = deps.changes.on(key.id, () => {
    authenticate(deps.database.db, apiKey ?? "").then(
      (found) => found ?? client.close(1008, "the key is no longer valid"),
      () => {}, // the database does not answer: the next request will tell
    );
  });
  client.on("close", off);
}
