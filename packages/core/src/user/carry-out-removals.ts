import {
  cancelBuildsOf,
  endBuild,
  finishUser,
  goneHosts,
  heldBack,
  insertAudit,
  insertEvent,
  removeContainersOf,
  removeImagesOf,
  removeVolumesOf,
  removingUsers,
  revokeGrantsOf,
  takeRemoval,
  type Db,
  type UserRow,
} from "@hafen/db";
import { LOST_AFTER_SECONDS } from "../sweep/keep.ts";

/**
 * The next step of every user that goes: containers first, volumes once nothing mounts them, images once no build makes one, and at the end
 * the rows. Any worker does it, each user in one transaction at a time, and a step that was lost is taken at the next round. One that fails
 * keeps no other user back. @throws the first failure, at the end
 */
export async function carryOutRemovals(db: Db): Promise<void> {
  const ids = await removingUsers(db);
  if (ids.length === 0) return;
  const gone = await goneHosts(db, LOST_AFTER_SECONDS);
  const steps = await Promise.allSettled(
    ids.map((id) =>
      db.transaction(async (tx) => {
        const user = await takeRemoval(tx, id);
        if (user) await step(tx, user, gone);
      }),
    ),
  );
  for (const each of steps) if (each.status === "rejected") throw each.reason;
}

async function step(tx: Db, user: UserRow, gone: string[]): Promise<void> {
  // Of a request that had counted its quota when the user was shut out, none is left; these are cheap and make sure.
  await removeContainersOf(tx, user.id);
  // Containers of others that run by one are stopped by the sweep; a volume that they mount waits until they are removed.
  await revokeGrantsOf(tx, user.id);
  // One that runs ends with its worker; of a host that is gone it is taken off, and no host need take it up to end it.
  for (const { id, attempt, state, hostId } of await cancelBuildsOf(tx, user.id))
    if (state === "queued" || hostId === null) await endBuild(tx, id, attempt, { state: "cancelled" });
  const { containers, builds } = await heldBack(tx, user.id, gone);
  if (containers > 0) return;
  await removeVolumesOf(tx, user.id, gone);
  if (builds > 0) return;
  await removeImagesOf(tx, user.id);
  const left = await heldBack(tx, user.id, gone);
  if (left.volumes + left.images > 0) return;
  await finishUser(tx, user.id);
  const { removal, name } = user;
  const by = removal?.by ?? user.id;
  await insertAudit(tx, { userId: by, action: "user.removed", subject: user.id, detail: { name, ...removal } });
  await insertEvent(tx, { userId: by, type: "user.removed", subject: user.id, data: { name } });
}
