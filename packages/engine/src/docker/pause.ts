import type { EngineId, Op } from "../engine.ts";
import { EngineError } from "../error.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { checkedName, type Client } from "./client.ts";
import { inspectContainer } from "./containers.ts";

export function pauseContainer(client: Client, id: EngineId, op?: Op): Promise<void> {
  return freeze(client, id, "pause", op);
}

export function unpauseContainer(client: Client, id: EngineId, op?: Op): Promise<void> {
  return freeze(client, id, "unpause", op);
}

/** dockerd refuses in the same words what is done already and what cannot be: a look tells the two apart. */
async function freeze(client: Client, id: EngineId, verb: "pause" | "unpause", op: Op | undefined): Promise<void> {
  const container = client.docker.getContainer(checkedName(id));
  try {
    await call(`${verb} ${id}`, DEADLINES_MS.change, op, (abortSignal) => container[verb]({ abortSignal }));
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== "conflict") throw error;
    const now = await inspectContainer(client, id, op);
    if (now?.state !== (verb === "pause" ? "paused" : "running")) throw error;
  }
}
