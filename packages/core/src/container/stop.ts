import type { StopContainer } from "@hafen/contract";
import type { ContainerRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { request, type ContainerKey } from "./request.ts";
import { NEW_START } from "./start.ts";

export const DEFAULT_GRACE_SECONDS = 10;

/** The stop signal, then SIGKILL after the grace period; a container that has ended is left as it is. */
export function stopContainer(ctx: Ctx, key: ContainerKey, options: StopContainer = {}): Promise<ContainerRow> {
  return request(ctx, key, { action: "stop", change: { stopRequest: stopRequest(ctx, options) }, unless: "stop" });
}

/** Stops it if it runs, then starts it. */
export function restartContainer(ctx: Ctx, key: ContainerKey, options: StopContainer = {}): Promise<ContainerRow> {
  return request(ctx, key, {
    action: "restart",
    change: { ...NEW_START, stopRequest: stopRequest(ctx, options) },
    unless: "start",
  });
}

/** SIGKILL, at once; also while a stop is under way. Other signals are messages, not states: see `signalContainer`. */
export function killContainer(ctx: Ctx, key: ContainerKey): Promise<ContainerRow> {
  return request(ctx, key, {
    action: "kill",
    change: { stopRequest: { signal: "SIGKILL", graceSeconds: 0, by: ctx.actor.userId } },
  });
}

function stopRequest(ctx: Ctx, options: StopContainer) {
  return { signal: options.signal, graceSeconds: options.graceSeconds ?? DEFAULT_GRACE_SECONDS, by: ctx.actor.userId };
}
