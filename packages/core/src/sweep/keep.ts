import {
  goneHosts,
  insertEvent,
  loseContainers,
  pruneBlobs,
  pruneContainers,
  pruneKeys,
  pruneNetworks,
  pruneLinks,
  pruneVolumes,
  unplaceBuilds,
  type Db,
} from "@hafen/db";

/** A worker that restarts is back well before this. */
const LOST_AFTER_SECONDS = 60;

/** What any worker does for the whole installation: marks containers of hosts that are gone, frees their builds for other hosts, and drops rows past their time. */
export async function keepHouse(db: Db): Promise<void> {
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
  }
  await pruneBlobs(db);
  await pruneKeys(db);
  await pruneContainers(db);
  await pruneNetworks(db);
  await pruneVolumes(db);
  await pruneLinks(db);
}
