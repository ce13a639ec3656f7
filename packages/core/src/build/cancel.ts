import { ProblemError } from "@hafen/contract";
import { endBuild, requestCancel, type BuildRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { record } from "../record.ts";
import { getBuildRow } from "./get.ts";

/** Ends a queued build at once; a running one is ended by its worker, which is nudged and also looks by itself. */
export async function cancelBuild(ctx: Ctx, id: string): Promise<BuildRow> {
  const { userId } = ctx.actor;
  await getBuildRow(ctx.db, userId, id);
  const row = await ctx.db.transaction(async (tx) => {
    const asked = await requestCancel(tx, userId, id);
    if (!asked) return undefined;
    const ended = asked.state === "queued" ? await endBuild(tx, id, asked.attempt, { state: "cancelled" }) : undefined;
    await record(tx, ctx.actor, {
      ...(ended && { type: "build.cancelled" }),
      action: "build.cancel",
      subject: id,
      made: true,
    });
    return ended ?? asked;
  });
  if (!row) {
    const now = await getBuildRow(ctx.db, userId, id);
    const why =
      now.cancelRequestedAt === null || now.finishedAt !== null ? `it has ${now.state}` : "it is being cancelled";
    throw new ProblemError("build_wrong_state", `Cannot cancel ${id}: ${why}.`, {
      state: now.state,
      states: ["queued", "running"],
    });
  }
  if (row.state === "running") await ctx.jobs.enqueue(row.hostId, "build.cancel", { id, generation: row.attempt });
  return row;
}
