import { ProblemError } from "@hafen/contract";
import { lockAdmins, type Db, type UserRow } from "@hafen/db";
import type { AskCtx } from "../ctx.ts";

/** Holds the admins, and refuses one who was removed or demoted while the request waited for that. */
export async function asAdmin(tx: Db, { actor }: AskCtx): Promise<UserRow[]> {
  const admins = await lockAdmins(tx);
  if (!admins.some(({ id }) => id === actor.userId))
    throw new ProblemError("scope_missing", "You are no admin any more.");
  return admins;
}

/** `admins` are held: nobody else takes one of them away meanwhile. */
export function refuseLastAdmin({ actor }: AskCtx, admins: readonly UserRow[], user: UserRow): void {
  if (user.id === actor.userId)
    throw new ProblemError("user_protected", "You cannot take your own account away. Ask another admin.");
  if (!admins.some(({ id }) => id !== user.id))
    throw new ProblemError("user_protected", `${user.name} is the last admin. Make another one first.`);
}
