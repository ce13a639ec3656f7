import type { ContainerRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { request, type ContainerKey } from "./request.ts";

/** Starts it with the data of before; a container that runs is left as it is. */
export function startContainer(ctx: Ctx, key: ContainerKey): Promise<ContainerRow> {
  return request(ctx, key, {
    action: "start",
    change: { startDue: true, termination: null, exitCode: null, timings: {}, stopRequest: null },
    unless: "start",
  });
}
