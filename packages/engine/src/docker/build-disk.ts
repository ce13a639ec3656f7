import { setTimeout as delay } from "node:timers/promises";
import type { BuildRequest } from "../engine.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { type Client, getJson } from "./client.ts";
import { absent } from "./containers.ts";

const LOOK_EVERY_MS = 1_000;

interface Sized {
  SizeRw?: number;
  HostConfig: { CgroupParent: string };
}

/**
 * Resolves true once a container of the build has written more than it may, false when `signal` aborts. Each is watched until it is gone:
 * its processes end before the engine copies what they wrote. `look` runs along.
 */
export async function watchDisk(
  client: Client,
  containerIds: () => Promise<string[]>,
  { cgroupParent, limits }: Pick<BuildRequest, "cgroupParent" | "limits">,
  signal: AbortSignal,
  look: () => Promise<void>,
): Promise<boolean> {
  const watched = new Set<string>();
  while (!signal.aborted) {
    await look();
    for (const id of await containerIds()) watched.add(id);
    for (const id of watched) {
      const found = await sizeOf(client, id, signal);
      // What the build's text names may be anything.
      if (found?.HostConfig.CgroupParent !== cgroupParent) watched.delete(id);
      else if ((found.SizeRw ?? 0) > limits.diskBytes) return true;
    }
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
  }
  return false;
}

/** The engine counts the files of the layer, so a full one answers late: the long deadline. */
async function sizeOf(client: Client, id: string, signal: AbortSignal): Promise<Sized | undefined> {
  try {
    return await call(`size of ${id}`, DEADLINES_MS.remove, { signal }, (abortSignal) =>
      getJson<Sized>(client, `/containers/${id}/json`, { size: "1" }, abortSignal).catch(absent),
    );
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}
