import { setEngineNames, type BuildRow } from "@hafen/db";
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

/** Adds names of a registry that the engine may hold for the build from now on; `build` knows them, too. */
export async function noteNames(ctx: HostCtx, build: BuildRow, names: readonly string[]): Promise<void> {
  const engineNames = [...new Set([...(build.source?.engineNames ?? []), ...names])];
  await setEngineNames(ctx.db, build.id, engineNames);
  build.source = { ...build.source, engineNames };
}

/** Of builds that hold none besides what `keepImage` drops the engine is not asked. */
export async function dropHolds(ctx: HostCtx, build: BuildRow): Promise<void> {
  if (build.kind === "commit" || build.source?.engineNames !== undefined) await dropAll(ctx, build);
}

/** All of them, and the names of a registry that a worker that was killed could not drop any more. */
export async function dropLeftovers(ctx: HostCtx, build: BuildRow): Promise<void> {
  for (const name of build.source?.engineNames ?? []) await ctx.engine.removeTag(name);
  await dropAll(ctx, build);
}

async function dropAll(ctx: HostCtx, build: BuildRow): Promise<void> {
  for (const { tag } of await ctx.engine.listTags(prefix(ctx.hostId, build.id))) await ctx.engine.removeTag(tag);
}
