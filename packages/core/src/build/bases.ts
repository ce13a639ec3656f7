import type { BuildFailure } from "@hafen/contract";
import { saveBases, type BuildRow, type ImageRow } from "@hafen/db";
import { InputError } from "../archive/error.ts";
import type { HostCtx } from "../ctx.ts";
import { readDockerfile } from "../dockerfile/read-dockerfile.ts";
import { refuseOnBuild, refuseRemoteAdd } from "../dockerfile/remote-add.ts";
import { externalReferences, stages } from "../dockerfile/stages.ts";
import { pin } from "../dockerfile/pin.ts";
import { lookUpImage } from "../image/find.ts";
import { ProblemError } from "@hafen/contract";

/** A build's end that is the user's to mend. */
export class BuildRefused extends Error {
  readonly failure: BuildFailure;
  constructor(failure: BuildFailure) {
    super(failure.detail);
    this.failure = failure;
  }
}

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

/**
 * Reads the user's Dockerfile, resolves every FROM and COPY --from that is no stage against the user's own images, then the catalog,
 * records what each was pinned to, and returns the text for the engine, which names images by digest only. So nobody builds on
 * somebody else's image by guessing its name, and the engine never looks a name up.
 */
export async function pinBases(ctx: HostCtx, build: BuildRow): Promise<Pinned> {
  try {
    const dockerfile = readDockerfile(build.dockerfileText);
    refuseRemoteAdd(dockerfile);
    checkTarget(build, stages(dockerfile, build.buildArgs));
    const bases = new Map<string, ImageRow>();
    for (const reference of externalReferences(dockerfile, build.buildArgs))
      bases.set(reference, await findBase(ctx, build.userId, reference));
    await saveBases(
      ctx.db,
      [...bases].map(([reference, image]) => ({
        buildId: build.id,
        reference,
        imageId: image.id,
        digest: image.digest,
        source: image.userId === build.userId ? ("own" as const) : ("catalog" as const),
      })),
    );
    return {
      text: pin(
        dockerfile,
        build.buildArgs,
        new Map([...bases].map(([reference, image]) => [reference, image.digest])),
      ),
      names: new Map([...bases].map(([reference, image]) => [image.digest, reference])),
    };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const code = error.code === "remote_add_refused" ? "remote_add_refused" : "dockerfile_invalid";
    throw new BuildRefused({ code, detail: error.detail });
  }
}

async function findBase(ctx: HostCtx, userId: string, reference: string): Promise<ImageRow> {
  const image = await lookUpImage(ctx.db, userId, reference).catch((error: unknown) => {
    if (error instanceof ProblemError)
      throw new BuildRefused({ code: "base_not_found", detail: `FROM ${reference}: ${error.detail}` });
    throw error;
  });
  if (!image) {
    throw new BuildRefused({
      code: "base_not_found",
      detail: `${reference} is neither one of your images nor in the catalog. Build or import it first; GET /v1/images lists what there is.`,
    });
  }
  if (image.hostId !== ctx.hostId) {
    throw new BuildRefused({ code: "base_not_found", detail: `${reference} is on another host than this build.` });
  }
  refuseOnBuild(image.config.onBuild);
  return image;
}

function checkTarget(build: BuildRow, known: ReturnType<typeof stages>): void {
  if (build.target === null) return;
  const target = build.target.toLowerCase();
  if (known.some((stage) => stage.name?.toLowerCase() === target || String(stage.index) === target)) return;
  throw new BuildRefused({ code: "target_not_found", detail: `The Dockerfile has no stage ${build.target}.` });
}
