import type { BuildEvent, BuildRequest, Op } from "../engine.ts";
import { EngineError } from "../error.ts";
import { findBuildCgroup, openBuildCgroup } from "./build-cgroup.ts";
import { watchDisk } from "./build-disk.ts";
import { removeAllOf, removeLeftovers } from "./build-leftovers.ts";
import { diskFull, outcome, type Run } from "./build-outcome.ts";
import type { Client } from "./client.ts";
import { cgroupDriver } from "./info.ts";

/** Sets a build's limits up, runs it, and leaves nothing of it behind, however it ends. */
export async function* buildImage(
  client: Client,
  request: BuildRequest,
  op?: Op,
): AsyncGenerator<BuildEvent, void, undefined> {
  // The systemd driver wants a slice's name and makes it itself: there is no parent to put limits on beforehand.
  const ownCgroup = (await cgroupDriver(client, op)) === "cgroupfs";
  const cgroup = ownCgroup ? await openBuildCgroup(request.cgroupParent, request.limits) : undefined;
  if (cgroup?.existed) await removeAllOf(client, request.cgroupParent);
  const ending = new AbortController();
  const onAbort = () => ending.abort();
  op?.signal?.addEventListener("abort", onAbort, { once: true });
  if (op?.signal?.aborted) ending.abort();

  const run: Run = {
    client,
    request,
    op: { signal: ending.signal },
    end: () => ending.abort(),
    ranOutOfMemory: async () => (await cgroup?.ranOutOfMemory()) ?? false,
    containerIds: new Set(),
    instruction: undefined,
    belowBytes: undefined,
    cached: false,
    full: false,
  };
  const runningIds = async () => (cgroup ? cgroup.containerIds() : [...run.containerIds]);
  const watching = watch(run, runningIds, async () => void (await cgroup?.ranOutOfMemory()));
  let finished = false;
  try {
    for await (const event of outcome(run)) {
      // Whoever reads leaves at the image, and then nothing is left to look for.
      finished = event.type === "image";
      yield event;
    }
  } catch (error) {
    if (op?.signal?.aborted) throw new EngineError("aborted", "build: aborted", { cause: error });
    if (!run.full) throw run.watchFailure ?? error;
    yield diskFull(run);
  } finally {
    op?.signal?.removeEventListener("abort", onAbort);
    ending.abort();
    await watching;
    if (!finished) {
      for (const id of await runningIds()) run.containerIds.add(id);
      await cgroup?.kill();
      // If this fails the cgroup stays, emptied, and tells the next attempt to look for the rest.
      await removeLeftovers(client, run.containerIds, request.cgroupParent);
    }
    await cgroup?.remove();
  }
}

/** For a build that was killed with its worker and is not begun again. */
export async function clearBuild(client: Client, cgroupParent: string): Promise<void> {
  const cgroup = await findBuildCgroup(cgroupParent);
  if (!cgroup) return;
  await cgroup.kill();
  await removeAllOf(client, cgroupParent);
  await cgroup.remove();
}

/** Ends the build when it fills the disk, and when that can no longer be told. */
async function watch(run: Run, runningIds: () => Promise<string[]>, look: () => Promise<void>): Promise<void> {
  const { client, request, op } = run;
  try {
    if (await watchDisk(client, runningIds, request, op.signal, look)) run.full = true;
  } catch (error) {
    run.watchFailure = error;
  }
  run.end();
}
