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
  // The systemd driver takes only a slice, which it makes itself: there is nothing to put limits on beforehand.
  if ((await cgroupDriver(client, op)) !== "cgroupfs") {
    const advice = 'Its operator sets "exec-opts": ["native.cgroupdriver=cgroupfs"] in its daemon.json.';
    throw new EngineError("invalid", `build: this engine's cgroup driver cannot bound a build. ${advice}`);
  }
  const cgroup = await openBuildCgroup(request.cgroupParent, request.limits);
  if (cgroup.existed) await removeAllOf(client, request.cgroupParent);
  const ending = new AbortController();
  const onAbort = () => ending.abort();
  op?.signal?.addEventListener("abort", onAbort, { once: true });
  if (op?.signal?.aborted) ending.abort();

  const run: Run = {
    client,
    request,
    op: { signal: ending.signal },
    ranOutOfMemory: cgroup.ranOutOfMemory,
    containerId: undefined,
    instruction: undefined,
    full: false,
  };
  /** Those that run, from the kernel, and the one that the text tells of, which may be over before anybody looks. */
  const containerIds = async () => {
    const running = await cgroup.containerIds();
    const told = run.containerId;
    return told === undefined || running.some((id) => id.startsWith(told)) ? running : [...running, told];
  };
  const watching = watch(run, containerIds, async () => void (await cgroup.ranOutOfMemory())).finally(onAbort);
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
      const left = await containerIds();
      await cgroup.kill();
      // If this fails the cgroup stays, emptied, and tells the next attempt to look for the rest.
      await removeLeftovers(client, left, request.cgroupParent);
    }
    await cgroup.remove();
  }
}

/** For a build that was killed with its worker and is not begun again. */
export async function clearBuild(client: Client, cgroupParent: string, op?: Op): Promise<void> {
  const cgroup = await findBuildCgroup(cgroupParent);
  if (!cgroup) return;
  await cgroup.kill();
  await removeAllOf(client, cgroupParent, op);
  await cgroup.remove();
}

/** Until the build fills the disk, or that can no longer be told, or it is over. */
async function watch(run: Run, containerIds: () => Promise<string[]>, look: () => Promise<void>): Promise<void> {
  const { client, request, op } = run;
  try {
    run.full = await watchDisk(client, containerIds, request, op.signal, look);
  } catch (error) {
    run.watchFailure = error;
  }
}
