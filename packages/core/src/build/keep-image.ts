import { newId, ProblemError } from "@hafen/contract";
import {
  endBuild,
  hasImage,
  insertEvent,
  insertLayers,
  setStepSizes,
  setTag,
  upsertImage,
  type BuildRow,
  type Db,
} from "@hafen/db";
import { EngineError } from "@hafen/engine/error";
import type { HostCtx } from "../ctx.ts";
import { internalTag } from "../image/remove.ts";
import { toImageConfig } from "../image/config.ts";
import { bytesPerLayer } from "../image/layer-bytes.ts";
import { dropHolds, holdTag } from "./holds.ts";
import { BuildRefused } from "./refused.ts";
import { takeQuota } from "../quota.ts";
import { storable } from "./storable.ts";
import { toIso } from "../container/termination.ts";
import type { Product } from "./execute.ts";

/**
 * Holds the engine's image for the build, writes the image's row, its layers, its tag and the build's success in one transaction, and hands
 * the engine's image over to its internal tag. An image that somebody else's removal took in between is made again by another attempt.
 * Killed before the commit: the same. Killed after it, or not knowing of it: the sweep sets the one tag and drops the other.
 */
export async function keepImage(ctx: HostCtx, build: BuildRow, product: Product): Promise<string> {
  const hold = holdTag(ctx, build);
  await ctx.engine.tagImage(product.digest, hold);
  const imageId = await writeImage(ctx, build, product);
  try {
    await ctx.engine.tagImage(product.digest, internalTag(ctx.hostId, imageId));
    await ctx.engine.removeTag(hold);
    await dropHolds(ctx, build);
  } catch {
    // The build has succeeded, and its image is held: the sweep hands it over.
  }
  return imageId;
}

async function writeImage(ctx: HostCtx, build: BuildRow, { digest, manifestDigest }: Product): Promise<string> {
  const [info, history] = await Promise.all([ctx.engine.inspectImage(digest), ctx.engine.imageHistory(digest)]);
  if (!info) throw new EngineError("unavailable", `the engine lost the image ${digest}`);
  await setStepSizes(
    ctx.db,
    build.id,
    history.flatMap(({ imageId, sizeBytes }) => (imageId ? [{ layerDigest: imageId, sizeBytes }] : [])),
  );

  return ctx.db.transaction(async (tx) => {
    await takeRoom(tx, ctx, build, info);
    const image = await upsertImage(tx, {
      id: newId("image"),
      userId: build.userId,
      hostId: ctx.hostId,
      digest: info.id,
      sizeBytes: info.sizeBytes,
      architecture: storable(info.architecture),
      os: storable(info.os),
      config: storable(toImageConfig(info.config)),
      diffIds: info.diffIds,
      layerBytes: bytesPerLayer(history, info.diffIds.length),
      ...(manifestDigest !== undefined && { manifestDigest }),
      catalog: build.catalog,
      buildId: build.id,
    });
    const ended = await endBuild(tx, build.id, build.attempt, { state: "succeeded", imageId: image.id });
    if (!ended) throw new BuildRefused({ code: "build_failed", detail: "Another attempt ended this build." });
    for (const name of new Set([build.tag, ...(build.source?.tags ?? [])]))
      if (name !== null) await setTag(tx, { userId: build.userId, name, imageId: image.id, catalog: build.catalog });
    await Promise.all([
      insertLayers(
        tx,
        image.id,
        history.map((entry, position) => ({
          position,
          imageDigest: entry.imageId ?? null,
          createdBy: storable(entry.createdBy),
          sizeBytes: entry.sizeBytes,
          comment: storable(entry.comment),
          createdAt: new Date(toIso(entry.createdAt)),
        })),
      ),
      insertEvent(tx, {
        userId: build.userId,
        type: "build.succeeded",
        subject: build.id,
        data: { imageId: image.id, tag: build.tag },
      }),
      insertEvent(tx, {
        userId: build.userId,
        type: "image.created",
        subject: image.id,
        data: { tag: build.tag, buildId: build.id },
      }),
    ]);
    return image.id;
  });
}

/** Only now is it known how large it is. An image that its user has already takes nothing more. */
async function takeRoom(
  tx: Db,
  { hostId }: HostCtx,
  { userId }: BuildRow,
  image: { id: string; sizeBytes: number },
): Promise<void> {
  try {
    if (await hasImage(tx, { userId, hostId, digest: image.id })) return;
    await takeQuota(tx, userId, { images: 1, imageBytes: image.sizeBytes });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    throw new BuildRefused({ code: "quota_exceeded", detail: error.detail });
  }
}
