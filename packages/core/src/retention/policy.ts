import type { Retention } from "@hafen/contract";
import { setRetention as writeRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { record } from "../record.ts";

/** What the user wants to go by itself; the sweep does it, within a minute or two. */
export async function setRetention(ctx: Ctx, policy: Retention): Promise<Retention> {
  const { userId } = ctx.actor;
  await ctx.db.transaction(async (tx) => {
    await writeRow(tx, userId, policy);
    await record(tx, ctx.actor, {
      type: "retention.changed",
      action: "retention.set",
      subject: userId,
      data: { ...policy },
    });
  });
  return policy;
}
