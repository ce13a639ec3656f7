import type { ContainerRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { request, type ContainerKey } from "./request.ts";

/** What a start that somebody asks for begins with. */
export const NEW_START = {
  startDue: true,
  termination: null,
  exitCode: null,
  timings: {},
  restartCount: 0,
  restartDelayMs: null,
} as const;

/** Starts it with the data of before; a container that runs is left as it is. */
export function startContainer(ctx: Ctx, key: ContainerKey): Promise<ContainerRow> {
  return request(ctx, key, {
    action: "start",
    change: { ...NEW_START, stopRequest: null },
    unless: "start",
  });
}
