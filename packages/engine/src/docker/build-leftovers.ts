import type { Client } from "./client.ts";
import { inspectRaw } from "./containers.ts";
import { removeContainer } from "./stop.ts";

/** The engine removes an aborted step's container itself, unless it died meanwhile. Only what ran under our parent is touched. */
export async function removeLeftovers(client: Client, ids: Iterable<string>, cgroupParent: string): Promise<void> {
  for (const id of ids) {
    const found = await inspectRaw(client, id);
    if (found?.HostConfig.CgroupParent === cgroupParent) await removeContainer(client, found.Id);
  }
}
