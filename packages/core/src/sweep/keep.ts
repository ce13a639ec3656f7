import {
  goneHosts,
  insertEvent,
  loseContainers,
  pruneAudit,
  pruneBlobs,
  pruneBuildTime,
  pruneContainers,
  pruneEvents,
  pruneGrants,
  pruneKeys,
  pruneNetworks,
  pruneLinks,
  pruneRateWindows,
  pruneVolumes,
  removalsOnHost,
  unplaceBuilds,
  type Db,
} from "@hafen/db";
import { removeRow } from "../container/converge-remove.ts";

/** A worker that restarts is back well before this. */
export const LOST_AFTER_SECONDS = 60;

/** What any worker does for the whole installation: ends what was asked of hosts that are gone and can be ended without them, frees their builds for other hosts, and drops rows past their time. */
export async function keepHouse(db: Db, { auditDays }: { auditDays: number } = { auditDays: 365 }): Promise<void> {
  for (const hostId of await goneHosts(db, LOST_AFTER_SECONDS)) {
    await db.transaction(async (tx) => {
      for (const row of await loseContainers(tx, hostId)) {
        await insertEvent(tx, {
          userId: row.userId,
          type: "container.lost",
          subject: row.id,
          data: { name: row.name },
        });
      }
      await unplaceBuilds(tx, hostId);
    });
    // If the host comes back, what it still has of them is in no row that lives, and goes.
    for (const row of await removalsOnHost(db, hostId)) await removeRow(db, row);
  }
  await pruneBlobs(db);
  await pruneKeys(db);
  await pruneContainers(db);
  await pruneNetworks(db);
  await pruneVolumes(db);
  await pruneGrants(db);
  await pruneLinks(db);
  await pruneEvents(db);
  await pruneRateWindows(db);
  await pruneBuildTime(db);
  await pruneAudit(db, auditDays);
}
