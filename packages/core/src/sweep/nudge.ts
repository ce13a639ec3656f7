import { DEADLINES_MS } from "@hafen/contract";
import { goingImages, openBuilds, openVolumes, unsettledContainers } from "@hafen/db";
import type { Payload } from "@hafen/queue";
import type { HostCtx } from "../ctx.ts";

/**
 * Nudges again containers that have differed from what they should be for longer than the deadline, and all other work that is open:
 * the third of the three nudges, and the one that makes losing a job harmless. `running` names the builds under way in this process.
 * Answers with the containers whose nudge was lost because the queue does not answer.
 */
export async function nudgeUnsettled(
  ctx: HostCtx,
  running: ReadonlySet<string>,
  olderThanMs: number = DEADLINES_MS.converge,
): Promise<Payload[]> {
  const { db, jobs, hostId } = ctx;
  const [containers, builds, unplaced, volumes, images] = await Promise.all([
    unsettledContainers(db, hostId, olderThanMs),
    openBuilds(db, hostId),
    openBuilds(db, null),
    openVolumes(db, hostId),
    goingImages(db, hostId),
  ]);
  const idle = builds.filter((build) => !running.has(build.id));
  // All at once: with a queue that hangs each takes 2 s to give up.
  const [lost] = await Promise.all([
    Promise.all(containers.map(async (row) => ((await jobs.enqueue(hostId, "container.converge", row)) ? [] : [row]))),
    ...idle.map(({ id, attempt }) => jobs.enqueue(hostId, "build.run", { id, generation: attempt })),
    ...unplaced.map(({ id, attempt }) => jobs.enqueue(null, "build.run", { id, generation: attempt })),
    ...volumes.map(({ id, state }) =>
      jobs.enqueue(hostId, "volume.converge", { id, generation: state === "copying" ? 1 : 2 }),
    ),
    ...images.map(({ id }) => jobs.enqueue(hostId, "image.converge", { id, generation: 1 })),
  ]);
  return lost.flat();
}
