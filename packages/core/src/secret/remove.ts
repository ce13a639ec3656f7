import { ProblemError } from "@hafen/contract";
import { deleteSecret, lockSecret, secretUses } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { record } from "../record.ts";
import { getSecretRow } from "./get.ts";

/** Forgets one that no container is given: its next start would be without it. */
export async function removeSecret(ctx: Ctx, ref: string): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const { id, name } = await getSecretRow(tx, ctx.actor.userId, ref);
    if (!(await lockSecret(tx, id, "update"))) throw new ProblemError("secret_not_found", `You have no secret ${ref}.`);
    const uses = await secretUses(tx, [id]);
    if (uses.length > 0) {
      const names = uses.map((use) => use.name).join(", ");
      throw new ProblemError("secret_in_use", `${name} is given to ${names}. Remove what uses it first.`, {
        usedBy: uses.map((use) => ({ id: use.id, name: use.name })),
      });
    }
    await deleteSecret(tx, id);
    await record(tx, ctx.actor, {
      type: "secret.removed",
      action: "secret.remove",
      subject: id,
      data: { name },
    });
  });
}
