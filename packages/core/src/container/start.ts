import { can } from "@hafen/contract";
import type { ContainerRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { refuseRevoked } from "../grant/revoked.ts";
import { foreseeQuota, promised } from "../quota.ts";
import { getContainer, request, wrongState, type ContainerKey } from "./request.ts";

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

/** The container, unless a start would be refused as things are: for what is done before it is asked for. */
export async function startable(ctx: Ctx, key: ContainerKey): Promise<ContainerRow> {
  const row = await getContainer(ctx.db, ctx.actor.userId, key);
  if (!can("start", row.state) || row.startDue || row.desired === "removed") throw wrongState(row, "start");
  await refuseRevoked(ctx.db, row.id);
  await foreseeQuota(ctx.db, ctx.actor.userId, { running: 1, ...promised(row) });
  return row;
}
