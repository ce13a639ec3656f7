import type { BuildKind, BuildOptions } from "@hafen/contract";
import { removeBlob, sealBlob, type BuildRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { toProblem } from "../archive/as-problem.ts";
import { InputError } from "../archive/error.ts";
import type { TarFacts } from "../archive/packing.ts";
import { packContext } from "../archive/pack-context.ts";
import { repackContext, type ContextLimits } from "../archive/repack-context.ts";
import { repackImage } from "../archive/repack-image.ts";
import { placeWork } from "../host/strangers.ts";
import { requireCatalog } from "../image/catalog.ts";
import { parseTag } from "../image/find.ts";
import { foreseeQuota } from "../quota.ts";
import { BUILD_QUOTA } from "./limits.ts";
import { queueBuild } from "./queue.ts";
import { storeBlob, type StoredBlob } from "./upload.ts";

const GIB = 1024 ** 3;
export interface UploadLimits {
  contextBytes: number;
  contextEntries: number;
  imageBytes: number;
}
export const UPLOAD_LIMITS: UploadLimits = { contextBytes: GIB / 2, contextEntries: 100_000, imageBytes: 8 * GIB };

/** Where a context comes from: an uploaded tar, or files given inline. */
export type Source = { tar: AsyncIterable<Uint8Array> } | { files: Record<string, Uint8Array> };

/** A context that has been checked, re-packed and stored, but belongs to no build yet. */
export interface Received {
  blob: StoredBlob;
  dockerfileText: string;
}

/** Refuses what the quota would refuse once it was uploaded. */
export async function foreseeBuild({ db, actor }: Ctx): Promise<void> {
  await foreseeQuota(db, actor.userId, BUILD_QUOTA);
}

/**
 * Takes a build context in: streamed, bounded, written anew by us, so that the engine never sees a byte of the upload's own framing.
 * What is wrong with it is refused here, before there is a build.
 */
export async function receiveContext(
  ctx: Ctx,
  source: Source,
  options: { dockerfile: string; limits?: UploadLimits },
): Promise<Received> {
  const bounds = options.limits ?? UPLOAD_LIMITS;
  const limits: ContextLimits = {
    maxBytes: bounds.contextBytes,
    maxEntries: bounds.contextEntries,
    maxPathBytes: 1024,
    dockerfile: options.dockerfile,
    maxDockerfileBytes: 1024 * 1024,
  };
  try {
    const packing = "tar" in source ? repackContext(source.tar, limits) : packContext(source.files, limits);
    const { blob, summary } = await storeBlob(ctx.db, ctx.actor.userId, packing);
    return { blob, dockerfileText: summary.dockerfile };
  } catch (error) {
    throw toProblem(error);
  }
}

/**
 * The same for an image: a root file system or a `docker save` archive, told apart by the first entry. `tags` are the names that an
 * archive has for its image.
 */
export async function receiveImage(
  ctx: Ctx,
  tar: AsyncIterable<Uint8Array>,
  limits: UploadLimits = UPLOAD_LIMITS,
): Promise<{ kind: "rootfs" | "archive"; blob: StoredBlob; tags: string[] }> {
  try {
    const packing = await repackImage(tar, { maxBytes: limits.imageBytes, maxEntries: 1_000_000, maxPathBytes: 4096 });
    const { blob } = await storeBlob<TarFacts>(ctx.db, ctx.actor.userId, packing);
    if (packing.kind === "rootfs") return { kind: packing.kind, blob, tags: [] };
    const { imageIds, repoTags } = await packing.summary;
    if (new Set(imageIds).size > 1) {
      await removeBlob(ctx.db, blob.id).catch(() => {}); // else the sweep drops it
      throw new InputError(
        "archive_invalid",
        `The archive holds ${imageIds.length} images. Save them one by one, and upload each by itself.`,
      );
    }
    return { kind: packing.kind, blob, tags: repoTags.flat() };
  } catch (error) {
    throw toProblem(error);
  }
}

/**
 * For a request over an upload that may turn out to be a repeated one: unless `take` was called, its upload is dropped at the end.
 * From then on `createBuild` answers for it.
 */
export async function keepIfTaken<T>(
  ctx: Ctx,
  blob: StoredBlob,
  request: (take: () => void) => Promise<T>,
): Promise<T> {
  let taken = false;
  try {
    return await request(() => {
      taken = true;
    });
  } finally {
    if (!taken) await removeBlob(ctx.db, blob.id).catch(() => {}); // else the sweep drops it
  }
}

export interface NewBuild extends BuildOptions {
  kind: BuildKind;
  blob: StoredBlob;
  dockerfileText: string;
  catalog?: boolean;
  changes?: string[];
  /** Further names for the image. */
  tags?: string[];
}

/**
 * Makes the build's row over a received context and nudges the host it was placed on, or any host when none is live.
 * A refusal drops what was uploaded for it.
 */
export async function createBuild(ctx: Ctx, input: NewBuild): Promise<BuildRow> {
  try {
    return await placeBuild(ctx, input);
  } catch (error) {
    await removeBlob(ctx.db, input.blob.id).catch(() => {}); // else the sweep drops it
    throw error;
  }
}

async function placeBuild(ctx: Ctx, input: NewBuild): Promise<BuildRow> {
  if (input.catalog) requireCatalog(ctx.actor);
  const tags = (input.tags ?? []).map(parseTag);
  const tag = input.tag === undefined || input.tag === "" ? (tags[0] ?? null) : parseTag(input.tag);
  return queueBuild(
    ctx,
    {
      hostId: await placeWork(ctx),
      kind: input.kind,
      tag,
      catalog: input.catalog ?? false,
      dockerfile: input.dockerfile ?? "Dockerfile",
      dockerfileText: input.dockerfileText,
      target: input.target ?? null,
      buildArgs: input.buildArgs ?? {},
      labels: input.labels ?? {},
      noCache: input.noCache ?? false,
      changes: input.changes ?? [],
      blobId: input.blob.id,
      contextDigest: input.blob.digest,
      contextBytes: input.blob.sizeBytes,
      ...(tags.length > 0 && { source: { tags } }),
    },
    {
      action: "build.create",
      quota: BUILD_QUOTA,
      within: (tx) => sealBlob(tx, input.blob.id, input.blob),
    },
  );
}
