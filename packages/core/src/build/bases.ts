import { ProblemError } from "@hafen/contract";
import { saveBases, type BaseRow, type BuildRow } from "@hafen/db";
import { InputError } from "../archive/error.ts";
import type { HostCtx } from "../ctx.ts";
import { readDockerfile } from "../dockerfile/read-dockerfile.ts";
import { refuseOnBuild, refuseRemoteAdd } from "../dockerfile/remote-add.ts";
import { externalReferences, stages } from "../dockerfile/stages.ts";
import { pin } from "../dockerfile/pin.ts";
import { lookUpImage } from "../image/find.ts";
import { grantedName } from "../reference/granted-name.ts";
import { isImageId } from "../reference/is-image-id.ts";
import { parseReference } from "../reference/parse-reference.ts";
import type { LogWriter } from "./log-writer.ts";
import { BuildRefused } from "./refused.ts";
import { pullBase } from "./registry-base.ts";

export interface Pinned {
  /** The Dockerfile for the engine. */
  text: string;
  /** What the user called each digest in it. */
  names: ReadonlyMap<string, string>;
}

/** The engine's text of a FROM or COPY --from, with the names that the user gave. */
export function asWritten(instruction: string, names: Pinned["names"]): string {
  if (!/^(FROM|COPY)\b/i.test(instruction)) return instruction;
  return instruction.replaceAll(/sha256:[0-9a-f]{64}/g, (digest) => names.get(digest) ?? digest);
}

/** What a name in a Dockerfile stands for. */
export interface Base extends Pick<BaseRow, "imageId" | "digest" | "source"> {
  /** The engine's id of it. */
  engineId: string;
}

/**
 * Reads the user's Dockerfile, resolves every FROM and COPY --from that is no stage against the user's own images, then the catalog, then
 * the registries that may be named, records what each was pinned to, and returns the text for the engine, which names images by their ids
 * only. So nobody builds on somebody else's image by guessing its name, and the engine never looks a name up.
 */
export async function pinBases(ctx: HostCtx, build: BuildRow, log: LogWriter, signal: AbortSignal): Promise<Pinned> {
  try {
    const dockerfile = readDockerfile(build.dockerfileText);
    refuseRemoteAdd(dockerfile);
    checkTarget(build, stages(dockerfile, build.buildArgs));
    const bases = new Map<string, Base>();
    for (const reference of externalReferences(dockerfile, build.buildArgs))
      bases.set(
        reference,
        (await findBase(ctx, build, reference)) ?? (await pullBase(ctx, build, reference, { log, signal })),
      );
    await saveBases(
      ctx.db,
      [...bases].map(([reference, { imageId, digest, source }]) => ({
        buildId: build.id,
        reference,
        imageId,
        digest,
        source,
      })),
    );
    const ids = [...bases].map(([reference, { engineId }]) => [reference, engineId] as const);
    return {
      text: pin(dockerfile, build.buildArgs, new Map(ids)),
      names: new Map(ids.map(([reference, engineId]) => [engineId, reference])),
    };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const code = error.code === "remote_add_refused" ? "remote_add_refused" : "dockerfile_invalid";
    throw new BuildRefused({ code, detail: error.detail });
  }
}

/** One's own image, the catalog's or a granted one; a manifest's digest is a registry's alone. */
async function findBase(ctx: HostCtx, { userId }: BuildRow, reference: string): Promise<Base | undefined> {
  const granted = grantedName(reference) !== undefined;
  if (!isImageId(reference) && !granted && parseReference(reference).digest !== undefined) return undefined;
  const image = await lookUpImage(ctx.db, userId, reference, "use").catch((error: unknown) => {
    if (error instanceof ProblemError)
      throw new BuildRefused({ code: "base_not_found", detail: `FROM ${reference}: ${error.detail}` });
    throw error;
  });
  if (!image && granted)
    throw new BuildRefused({
      code: "base_not_found",
      detail: `FROM ${reference}: nobody lets you use an image by this name.`,
    });
  if (!image) return undefined;
  if (image.hostId !== ctx.hostId) {
    throw new BuildRefused({ code: "base_not_found", detail: `${reference} is on another host than this build.` });
  }
  refuseOnBuild(image.config.onBuild);
  const source = image.userId === userId ? "own" : image.catalog ? "catalog" : "granted";
  return { imageId: image.id, digest: image.digest, source, engineId: image.digest };
}

function checkTarget(build: BuildRow, known: ReturnType<typeof stages>): void {
  if (build.target === null) return;
  const target = build.target.toLowerCase();
  if (known.some((stage) => stage.name?.toLowerCase() === target || String(stage.index) === target)) return;
  throw new BuildRefused({ code: "target_not_found", detail: `The Dockerfile has no stage ${build.target}.` });
}
