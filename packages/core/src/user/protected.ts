import { ProblemError } from "@hafen/contract";
import type { UserRow } from "@hafen/db";
import type { AskCtx } from "../ctx.ts";

/** `admins` are held: nobody else takes one of them away meanwhile. */
export function refuseLastAdmin({ actor }: AskCtx, admins: readonly UserRow[], user: UserRow): void {
  if (user.id === actor.userId)
    throw new ProblemError("user_protected", "You cannot take your own account away. Ask another admin.");
  if (!admins.some(({ id }) => id !== user.id))
    throw new ProblemError("user_protected", `${user.name} is the last admin. Make another one first.`);
}
