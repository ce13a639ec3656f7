import { ProblemError } from "@hafen/contract";
import { insertEvent, latestEvent, moveVolume, type VolumeRow } from "@hafen/db";
import { LABELS } from "../container/spec.ts";
import type { HostCtx } from "../ctx.ts";

/** As it was read before the engine is asked: one that is `ready` in it had been made by then. */
type Seen = Pick<VolumeRow, "id" | "userId" | "state">;

/** Makes a volume in the engine, or finds it there. One that had been made and is gone is made again, empty, and its owner told. */
export async function makeReal(ctx: HostCtx, { id, userId, state }: Seen): Promise<void> {
  if (state === "ready" && !(await ctx.engine.inspectVolume(id))) await noteLost(ctx, id);
  await ctx.engine.createVolume({
    name: id,
    labels: { [LABELS.id]: id, [LABELS.host]: ctx.hostId, [LABELS.user]: userId },
  });
  await moveVolume(ctx.db, id, ["pending"], "ready");
}

/** It was removed on the host, not through Hafen. False when another has told already. */
export async function noteLost(ctx: HostCtx, id: string): Promise<boolean> {
  return ctx.db.transaction(async (tx) => {
    const row = await moveVolume(tx, id, ["ready"], "pending");
    if (row) await insertEvent(tx, { userId: row.userId, type: "volume.lost", subject: id, data: { name: row.name } });
    return row !== undefined;
  });
}

/** Nobody takes the emptiness that is left of a volume for its data. */
export async function refuseLost(ctx: HostCtx, { id, userId, name, state }: VolumeRow): Promise<void> {
  if (state === "ready") {
    if (await ctx.engine.inspectVolume(id)) return;
    await noteLost(ctx, id);
  } else if (!(await latestEvent(ctx.db, userId, id, "volume.lost"))) return;
  throw new ProblemError(
    "volume_lost",
    `The data of ${name} were removed on its host, not through Hafen. Mount it or write to it, and it is there again, empty.`,
  );
}
