import { ProblemError } from "@hafen/contract";
import { deleteBuild } from "@hafen/db";
import type { AskCtx } from "../ctx.ts";
import { record } from "../record.ts";
import { getBuildRow } from "./get.ts";

/** Forgets an ended build with its steps, its log and what it stood on. The image it made stays. */
export async function removeBuild(ctx: AskCtx, id: string): Promise<void> {
  const { userId } = ctx.actor;
  const gone = await ctx.db.transaction(async (tx) => {
    const row = await deleteBuild(tx, userId, id);
    if (row)
      await record(tx, ctx.actor, {
        type: "build.removed",
        action: "build.remove",
        subject: id,
        data: { tag: row.tag },
      });
    return row;
  });
  if (gone) return;
  const now = await getBuildRow(ctx.db, userId, id);
  throw new ProblemError("build_wrong_state", `Cannot remove ${id}: it is ${now.state}. Cancel it first.`, {
    state: now.state,
    states: ["succeeded", "failed", "cancelled"],
  });
}
