import type { BuildRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { internalTag } from "../image/remove.ts";

/**
 * The engine's tag that holds what a build has made until its image has one of its own. It names the build, so the sweep drops what a
 * killed worker left, and the attempt, so that an engine that finishes a dead attempt does not untag the image of the next.
 */
export function holdTag(ctx: HostCtx, build: BuildRow): string {
  return `${prefix(ctx.hostId, build.id)}${build.attempt}`;
}

export function isHold(hostId: string, buildId: string, tag: string): boolean {
  return tag.startsWith(prefix(hostId, buildId));
}

function prefix(hostId: string, buildId: string): string {
  return `${internalTag(hostId, buildId)}.`;
}

/** Only builds of these kinds hold anything. */
const HOLDING: ReadonlySet<BuildRow["kind"]> = new Set(["commit", "pull", "push"]);

export async function dropHolds(ctx: HostCtx, build: BuildRow): Promise<void> {
  if (!HOLDING.has(build.kind)) return;
  for (const { tag } of await ctx.engine.listTags(prefix(ctx.hostId, build.id))) await ctx.engine.removeTag(tag);
}

/** The same, and names of a registry that a worker that was killed could not drop any more. */
export async function dropLeftovers(ctx: HostCtx, build: BuildRow): Promise<void> {
  for (const name of build.source?.engineNames ?? []) await ctx.engine.removeTag(name);
  await dropHolds(ctx, build);
}
