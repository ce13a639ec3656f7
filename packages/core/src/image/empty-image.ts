import { END_OF_TAR } from "../archive/write-tar.ts";
import type { HostCtx } from "../ctx.ts";
import { internalTag } from "./remove.ts";

/** Holds the host's image without a file in it, which belongs to no row. */
export function emptyImageTag(hostId: string): string {
  return internalTag(hostId, "empty");
}

/** By tag: of two that are made at once one would be left without. */
const making = new Map<string, Promise<string>>();

/** The engine's id of the host's empty image, which is made when it is not there. */
export function emptyImage(ctx: HostCtx): Promise<string> {
  const tag = emptyImageTag(ctx.hostId);
  const begun = making.get(tag);
  if (begun) return begun;
  const made = findOrMake(ctx, tag).finally(() => making.delete(tag));
  making.set(tag, made);
  return made;
}

async function findOrMake(ctx: HostCtx, tag: string): Promise<string> {
  const found = await ctx.engine.inspectImage(tag);
  if (found) return found.id;
  const id = await ctx.engine.importImage(nothing(), { changes: [] });
  await ctx.engine.tagImage(id, tag);
  return id;
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  yield END_OF_TAR;
}
