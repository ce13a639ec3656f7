import { newId, ProblemError, type UpdatedUser, type UpdateUser } from "@hafen/contract";
import { dropAdminScope, insertKey, lockQuota, scopesOf, setQuota, updateUserRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { record } from "../record.ts";
import { newKey } from "./new-key.ts";
import { asAdmin, refuseLastAdmin } from "./protected.ts";
import { describeUser, getUserRow } from "./users.ts";

/**
 * Changes what a user may. A quota below what is held takes nothing away: nothing new is made. Whoever is no admin any more loses the
 * scope on every key at once; whoever becomes one gets a key with it, since no key is ever widened.
 */
export async function updateUser(ctx: Ctx, ref: string, input: UpdateUser): Promise<UpdatedUser> {
  const { role, quota, policy } = input;
  const { apiKey, hash } = newKey();
  const { row, isNewAdmin } = await ctx.db.transaction(async (tx) => {
    const admins = await asAdmin(tx, ctx);
    const before = await getUserRow(tx, ref);
    if (role === "user" && before.role === "admin") refuseLastAdmin(ctx, admins, before);
    if (quota) {
      await lockQuota(tx, before.id);
      await setQuota(tx, before.id, quota);
    }
    const after = await updateUserRow(tx, before.id, { ...(role && { role }), ...(policy && { policy }) });
    if (!after) throw new ProblemError("user_protected", `${before.name} is being removed.`);
    if (role === "user") await dropAdminScope(tx, before.id);
    const becameAdmin = role === "admin" && before.role !== "admin";
    if (becameAdmin)
      await insertKey(tx, {
        id: newId("key"),
        userId: before.id,
        name: `admin-${hash.slice(0, 8)}`,
        hash,
        scopes: scopesOf("admin"),
      });
    await record(tx, ctx.actor, {
      type: "user.changed",
      action: "user.update",
      subject: before.id,
      data: { name: before.name, ...input },
    });
    return { row: after, isNewAdmin: becameAdmin };
  });
  return { ...(await describeUser(ctx.db, row)), ...(isNewAdmin && { apiKey }) };
}
