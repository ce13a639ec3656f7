import { ProblemError } from "@hafen/contract";
import { lockImage, setTag, type ImageRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { record } from "../record.ts";
import { keepCatalogNames, requireCatalog } from "./catalog.ts";
import { findImage, parseTag } from "./find.ts";

/** Gives an image of one's own another name. A name that stood for another image moves; that image keeps its id. */
export async function tagImage(ctx: Ctx, ref: string, tag: string): Promise<ImageRow> {
  const { userId } = ctx.actor;
  const name = parseTag(tag);
  const image = await findImage(ctx.db, userId, ref);
  if (image.userId !== userId) {
    throw new ProblemError(
      "image_not_found",
      `${ref} is another user's; you can use it by its name, or build your own FROM it.`,
    );
  }
  if (image.catalog) requireCatalog(ctx.actor);
  return ctx.db.transaction(async (tx) => {
    await keepCatalogNames(tx, ctx.actor, [name]);
    const held = await lockImage(tx, image.id, "share");
    if (!held) throw new ProblemError("image_not_found", `The image ${ref} is being removed.`);
    await setTag(tx, { userId, name, imageId: image.id, catalog: image.catalog });
    await record(tx, ctx.actor, {
      type: "image.tagged",
      action: "image.tag",
      subject: image.id,
      data: { tag: name },
      made: true,
    });
    return held;
  });
}
