import type { BuildRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { refuseOnBuild } from "../dockerfile/remote-add.ts";
import { isImageId } from "../reference/is-image-id.ts";
import { parseReference } from "../reference/parse-reference.ts";
import { remoteReference } from "../reference/remote-reference.ts";
import type { Base } from "./bases.ts";
import { fetchImage } from "./fetch-image.ts";
import { holdTag } from "./holds.ts";
import type { LogWriter } from "./log-writer.ts";
import { BuildRefused } from "./refused.ts";
import { openTransfer } from "./transfer.ts";

/** A base that is nobody's image here: fetched for this build, with its user's credentials, and held while it runs. */
export async function pullBase(
  ctx: HostCtx,
  build: BuildRow,
  reference: string,
  options: { log: LogWriter; signal: AbortSignal },
): Promise<Base> {
  const absent = `${reference} is neither one of your images nor in the catalog`;
  const advice = "Build or import it first; GET /v1/images lists what there is.";
  if (isImageId(reference)) throw notFound(`${absent}. ${advice}`);
  const { registry } = remoteReference(reference);
  if (!ctx.registries.allowed.has(registry))
    throw notFound(`${absent}, and ${registry} is no registry of this service. ${advice}`);
  try {
    const transfer = await openTransfer(ctx, build, reference);
    const holdAs = `${holdTag(ctx, build)}.${(build.source?.engineNames?.length ?? 0) + 1}`;
    const { image, manifestDigest } = await fetchImage(ctx, build, transfer, { holdAs, ...options });
    refuseOnBuild(image.config.onBuild);
    return { imageId: null, digest: manifestDigest, source: "registry", engineId: image.id };
  } catch (error) {
    // Who names a registry means it; a bare name may as well be a missing image of one's own.
    if (!(error instanceof BuildRefused) || parseReference(reference).domain !== undefined) throw error;
    throw notFound(`${absent}, and ${error.failure.detail} ${advice}`);
  }
}

function notFound(detail: string): BuildRefused {
  return new BuildRefused({ code: "base_not_found", detail });
}
