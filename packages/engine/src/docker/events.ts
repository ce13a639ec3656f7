import type { EngineEvent, EventOptions } from "../engine.ts";
import { EngineError } from "../error.ts";
import type { Client } from "./client.ts";
import { toEngineError } from "./errors.ts";
import { jsonLines } from "./json-lines.ts";
import { openStream, pieces } from "./stream.ts";

const ACTIONS = ["create", "start", "die", "oom", "destroy", "pause", "unpause", "rename"] as const;
/** Its action has the status after a colon. */
const HEALTH = "health_status";
/** What dockerd mixes into the labels of an event. */
const NOT_LABELS = new Set(["image", "name", "exitCode", "oldName", "signal", "execID"]);

interface RawEvent {
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  timeNano: number;
}

/** dockerd keeps its last 256 events in memory: after its restart, or a longer gap, only a listing tells what happened. */
export async function* events(
  client: Client,
  { label, sinceMs, signal }: EventOptions,
): AsyncGenerator<EngineEvent, void, undefined> {
  const filters = JSON.stringify({
    type: ["container"],
    label: [`${label.key}=${label.value}`],
    event: [...ACTIONS, HEALTH],
  });
  const query = { filters, ...(sinceMs > 0 && { since: (sinceMs / 1000).toFixed(3) }) };
  try {
    const answer = await openStream(client, "events", { method: "GET", path: "/events", query }, { signal });
    for await (const value of jsonLines(pieces("events", answer, { signal }))) yield toEvent(value as RawEvent);
  } catch (cause) {
    if (signal.aborted) return;
    throw toEngineError("events", cause);
  }
  if (!signal.aborted) throw new EngineError("unavailable", "events: the engine ended the stream");
}

function toEvent({ Action, Actor, timeNano }: RawEvent): EngineEvent {
  return {
    action: Action.startsWith(HEALTH) ? "health" : (Action as EngineEvent["action"]),
    containerId: Actor.ID,
    labels: Object.fromEntries(Object.entries(Actor.Attributes).filter(([key]) => !NOT_LABELS.has(key))),
    atMs: Math.floor(timeNano / 1e6),
  };
}
