import { convergeContainer, convergeImage, convergeVolume, type HostCtx, type Turns } from "@hafen/core";
import { placeBuild } from "@hafen/db";
import type { Handlers } from "@hafen/queue";
import type { RunningBuilds } from "./builds.ts";

/** What each job does: find the row by its id and converge it. */
export function hostHandlers(ctx: HostCtx, turns: Turns, builds: RunningBuilds): Handlers {
  return {
    "container.converge": ({ id, generation }) =>
      turns.run(id, generation, (signal) => convergeContainer(ctx, id, signal)),
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
