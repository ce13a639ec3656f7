import { endBuild, imageById, insertEvent, setManifestDigest, type BuildRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { BuildRefused } from "./refused.ts";
import type { Product } from "./execute.ts";

/** Writes down that the image was pushed. Killed before the commit: another attempt pushes it again, which changes nothing. */
export async function keepPush(ctx: HostCtx, build: BuildRow, { manifestDigest }: Product): Promise<string> {
  const { imageId = "", reference = "" } = build.source ?? {};
  await ctx.db.transaction(async (tx) => {
    const ended = await endBuild(tx, build.id, build.attempt, { state: "succeeded", imageId });
    if (!ended) throw new BuildRefused({ code: "build_failed", detail: "Another attempt ended this push." });
    const image = await imageById(tx, imageId);
    // One of the catalog is another's.
    if (image?.userId === build.userId && manifestDigest !== undefined)
      await setManifestDigest(tx, imageId, manifestDigest);
    await insertEvent(tx, { userId: build.userId, type: "build.succeeded", subject: build.id, data: { imageId } });
    await insertEvent(tx, {
      userId: build.userId,
      type: "image.pushed",
      subject: imageId,
      data: { reference, digest: manifestDigest, buildId: build.id },
    });
  });
  return imageId;
}
