import { convergeContainer, convergeImage, convergeVolume, type HostCtx, type Turns } from "@hafen/core";
import { placeBuild, restartDueMs } from "@hafen/db";
import type { Handlers, Payload } from "@hafen/queue";
import type { RunningBuilds } from "./builds.ts";
import { Restarts } from "./restarts.ts";

/** What each job does: find the row by its id and converge it. */
export function hostHandlers(ctx: HostCtx, turns: Turns, builds: RunningBuilds): Handlers {
  const restarts = new Restarts((row) => void converge(row));
  const converge = ({ id, generation }: Payload) =>
    turns.run(id, generation, async (signal) => {
      await convergeContainer(ctx, id, signal);
      restarts.after(await restartDueMs(ctx.db, id), { id, generation });
    });
  return {
    "container.converge": converge,
    "volume.converge": ({ id, generation }) => turns.run(id, generation, (signal) => convergeVolume(ctx, id, signal)),
    "image.converge": ({ id, generation }) => turns.run(id, generation, () => convergeImage(ctx, id)),
    "build.run": ({ id }) => builds.run(id),
    "build.cancel": ({ id }) => builds.cancel(id),
  };
}

/** Work that no host has yet: this one takes it, unless another was quicker. */
export function unplacedHandlers(ctx: HostCtx): Partial<Handlers> {
  return {
    "build.run": async ({ id, generation }) => {
      if (await placeBuild(ctx.db, id, ctx.hostId)) await ctx.jobs.enqueue(ctx.hostId, "build.run", { id, generation });
    },
  };
}
