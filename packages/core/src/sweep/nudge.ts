import { DEADLINES_MS } from "@hafen/contract";
import { imagesOnHost, openBuilds, unsettledContainers, volumesOnHost } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";

/**
 * Nudges again whatever differs from what it should be for longer than its deadline: the third of the three nudges, and the one that
 * makes losing a job harmless. `running` names the builds under way in this process.
 */
export async function nudgeUnsettled(ctx: HostCtx, running: ReadonlySet<string>, olderThanMs: number = DEADLINES_MS.converge): Promise<number> {
  const { db, jobs, hostId } = ctx;
  const [containers, builds, unplaced, volumes, images] = await Promise.all([
    unsettledContainers(db, hostId, olderThanMs),
    openBuilds(db, hostId),
    openBuilds(db, null),
    volumesOnHost(db, hostId),
    imagesOnHost(db, hostId),
  ]);
  const idle = builds.filter((build) => !running.has(build.id));
  const goingVolumes = volumes.filter((volume) => volume.state === "removing");
  const goingImages = images.filter((image) => image.state === "removing");
  for (const { id, generation } of containers) await jobs.enqueue(hostId, "container.converge", { id, generation });
  for (const { id, attempt } of idle) await jobs.enqueue(hostId, "build.run", { id, generation: attempt });
  for (const { id, attempt } of unplaced) await jobs.enqueue(null, "build.run", { id, generation: attempt });
  for (const { id } of goingVolumes) await jobs.enqueue(hostId, "volume.converge", { id, generation: 1 });
  for (const { id } of goingImages) await jobs.enqueue(hostId, "image.converge", { id, generation: 1 });
  return containers.length + idle.length + unplaced.length + goingVolumes.length + goingImages.length;
}
