import { ProblemError } from "@hafen/contract";
import { containersOfImage, lockImage, markImageRemoving, removeTags, tagsOf, type Db, type ImageRow } from "@hafen/db";
import type { AskCtx, HostCtx } from "../ctx.ts";
import { record } from "../record.ts";
import { isImageId } from "../reference/is-image-id.ts";
import { requireCatalog } from "./catalog.ts";
import { findImage, parseTag } from "./find.ts";
import { deleteImage, imageById } from "@hafen/db";
import { EngineError } from "@hafen/engine/error";

/** The engine's tag that holds an image for its row: nothing else in the engine may keep or name it. */
export function internalTag(hostId: string, imageId: string): string {
  return `hafen/${hostId}:${imageId}`;
}

/**
 * As `docker rmi`: by a tag, the tag goes, and the image with its last one; by an id, all of it. Refused while a container, of
 * anyone for a catalog image, is made from it. The host drops the engine's image afterwards; the row goes last.
 */
export async function removeImage(
  ctx: AskCtx,
  ref: string,
  options: { /** Refused when it has got a tag meanwhile. */ untagged?: boolean } = {},
): Promise<{ untagged: string[]; deleted: boolean }> {
  const { userId } = ctx.actor;
  const image = await findImage(ctx.db, userId, ref);
  if (image.userId !== userId)
    throw new ProblemError("image_not_found", `${ref} is another user's; only its owner can remove it.`);
  if (image.catalog) requireCatalog(ctx.actor);

  const result = await ctx.db.transaction(async (tx) => {
    if (!(await lockImage(tx, image.id, "update")))
      throw new ProblemError("image_not_found", `The image ${ref} is being removed.`);
    const tags = (await tagsOf(tx, userId, [image.id])).map((tag) => tag.name);
    if (options.untagged && tags.length > 0)
      throw new ProblemError("image_in_use", `It is called ${tags.join(", ")} by now.`);
    const named = isImageId(ref) ? undefined : parseTag(ref);
    const going = await removeTags(tx, userId, image.id, named === undefined ? tags : [named]);
    if (named !== undefined && going.length === 0) return "moved";
    const deleted = tags.every((tag) => going.includes(tag));
    if (deleted) await refuseInUse(tx, image, userId);
    if (deleted) await markImageRemoving(tx, image.id);
    await record(tx, ctx.actor, {
      type: deleted ? "image.removed" : "image.untagged",
      action: "image.remove",
      subject: image.id,
      data: { untagged: going },
    });
    return { untagged: going, deleted };
  });
  if (result === "moved") return removeImage(ctx, ref, options);
  if (result.deleted) await ctx.jobs.enqueue(image.hostId, "image.converge", { id: image.id, generation: 1 });
  return result;
}

async function refuseInUse(tx: Db, image: ImageRow, userId: string): Promise<void> {
  const users = await containersOfImage(tx, image.id);
  if (users.length === 0) return;
  const mine = users.filter((user) => user.userId === userId);
  const names =
    mine
      .map((user) => user.name)
      .slice(0, 5)
      .join(", ") || "containers of other users";
  throw new ProblemError("image_in_use", `Containers are made from it: ${names}. Remove them first.`, {
    usedBy: mine.map(({ id, name }) => ({ id, name })),
  });
}

/** The host's half: drops the engine's tag, then the row. An image that others are built on keeps its layers. */
export async function convergeImage(ctx: HostCtx, id: string): Promise<void> {
  const image = await imageById(ctx.db, id);
  if (!image || image.hostId !== ctx.hostId) return;
  if (image.state === "ready") {
    await ctx.engine.tagImage(image.digest, internalTag(ctx.hostId, id)).catch(ignoreMissing);
    return;
  }
  await ctx.engine.removeTag(internalTag(ctx.hostId, id));
  await deleteImage(ctx.db, id);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof EngineError) || error.kind !== "not_found") throw error;
}
