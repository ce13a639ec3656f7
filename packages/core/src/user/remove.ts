import { ProblemError, type Owned } from "@hafen/contract";
import {
  cancelBuildsOf,
  catalogClashes,
  countOwned,
  databaseNow,
  endBuild,
  handOverCatalog,
  lockQuota,
  removeContainersOf,
  shutOut,
  type Db,
  type UserRow,
} from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { record } from "../record.ts";
import { asAdmin, refuseLastAdmin } from "./protected.ts";
import { getUserRow } from "./users.ts";

/**
 * One commit, and the user is nobody: every key is refused, nothing new is made, builds are cancelled, containers are to go. The rest is
 * carried out by the workers' sweeps, over any death of theirs or ours, until `carryOutRemovals` drops the last rows and frees the name.
 * What an admin offered in the catalog becomes the asking admin's to offer: others' containers and builds stand on it.
 */
export async function removeUser(ctx: Ctx, ref: string): Promise<UserRow> {
  const { row, containers, builds } = await ctx.db.transaction(async (tx) => {
    const admins = await asAdmin(tx, ctx);
    const user = await getUserRow(tx, ref);
    if (user.state !== "active") return { row: user, containers: [], builds: [] };
    refuseLastAdmin(ctx, admins, user);
    await lockQuota(tx, user.id);
    const handedOver = await takeCatalog(tx, user, ctx.actor.userId);
    const found: Owned = await countOwned(tx, user.id);
    const removal = { requestedAt: await databaseNow(tx), by: ctx.actor.userId, found };
    const gone = await shutOut(tx, user.id, removal);
    if (!gone) throw new ProblemError("user_protected", `${user.name} is being changed. Ask again.`);
    const cancelled = await cancelBuildsOf(tx, user.id);
    for (const { id, attempt, state } of cancelled)
      if (state === "queued") await endBuild(tx, id, attempt, { state: "cancelled" });
    const going = await removeContainersOf(tx, user.id);
    await record(tx, ctx.actor, {
      type: "user.removing",
      action: "user.remove",
      subject: user.id,
      data: { name: user.name, role: user.role, found, handedOver },
    });
    return { row: gone, containers: going, builds: cancelled.filter(({ state }) => state === "running") };
  });
  await Promise.all([
    ...containers.map(({ id, hostId, generation }) =>
      ctx.jobs.enqueue(hostId, "container.converge", { id, generation }),
    ),
    ...builds.map(({ id, hostId, attempt }) =>
      hostId === null ? undefined : ctx.jobs.enqueue(hostId, "build.cancel", { id, generation: attempt }),
    ),
  ]);
  return row;
}

async function takeCatalog(tx: Db, from: UserRow, to: string): Promise<number> {
  const clashes = await catalogClashes(tx, from.id, to);
  if (clashes.length > 0)
    throw new ProblemError(
      "name_taken",
      `${from.name} offers ${clashes.slice(0, 5).join(", ")} in the catalog, which would become yours, and you have images of that name. Take your names off first.`,
    );
  return handOverCatalog(tx, from.id, to);
}
