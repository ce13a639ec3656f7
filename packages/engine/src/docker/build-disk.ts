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

/** Resolves true once a container of the build has written more than it may, false when `signal` aborts. `look` runs along. */
export async function watchDisk(
  client: Client,
  runningIds: () => Promise<string[]>,
  { cgroupParent, limits }: Pick<BuildRequest, "cgroupParent" | "limits">,
  signal: AbortSignal,
  look: () => Promise<void>,
): Promise<boolean> {
  while (!signal.aborted) {
    await look();
    for (const id of await runningIds()) {
      const found = await sizeOf(client, id, signal);
      // Without a cgroup of ours the ids come from the build's text, which may name anything.
      if (found?.HostConfig.CgroupParent === cgroupParent && (found.SizeRw ?? 0) > limits.diskBytes) return true;
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
