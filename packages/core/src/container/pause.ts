import type { ContainerRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { request, type ContainerKey } from "./request.ts";

/** Freezes all its processes where they are; what they hold of memory and quota stays theirs. */
export function pauseContainer(ctx: Ctx, key: ContainerKey): Promise<ContainerRow> {
  return request(ctx, key, { action: "pause", unless: "pause" });
}

export function unpauseContainer(ctx: Ctx, key: ContainerKey): Promise<ContainerRow> {
  return request(ctx, key, { action: "unpause", unless: "unpause" });
}
