import { ProblemError, type PullImage, type PushImage } from "@hafen/contract";
import type { BuildRow } from "@hafen/db";
import { asProblem } from "../archive/as-problem.ts";
import type { Ctx } from "../ctx.ts";
import { placeWork } from "../host/strangers.ts";
import { findImage, parseTag } from "../image/find.ts";
import { remoteReference, type RemoteReference } from "../reference/remote-reference.ts";
import { requireAllowed } from "../registry/policy.ts";
import { BUILD_QUOTA } from "./limits.ts";
import { queueBuild } from "./queue.ts";

/** Asks for an image out of a registry; a host fetches it, as a build, with what the user has stored for that registry. */
export async function pullImage(ctx: Ctx, { reference, tag, platform }: PullImage): Promise<BuildRow> {
  const remote = allowedReference(ctx, reference);
  const name = tag === undefined || tag === "" ? remote.localName : tag;
  return queueBuild(
    ctx,
    {
      hostId: await placeWork(ctx),
      kind: "pull",
      tag: name === undefined ? null : parseTag(name),
      source: { reference: remote.full, ...(platform !== undefined && { platform }) },
    },
    { action: "image.pull", quota: BUILD_QUOTA },
  );
}

/** Asks for an image to be put into a registry; its host sends it, as a build. */
export async function pushImage(ctx: Ctx, ref: string, { reference }: PushImage): Promise<BuildRow> {
  const image = await findImage(ctx.db, ctx.actor.userId, ref, "use");
  const remote = allowedReference(ctx, reference);
  if (remote.digest !== undefined)
    throw new ProblemError("reference_invalid", "A push goes to a tag: leave out everything from @ on.");
  return queueBuild(
    ctx,
    { hostId: image.hostId, kind: "push", source: { reference: remote.full, imageId: image.id } },
    { action: "image.push", quota: { builds: 1, buildMinutes: 1 } },
  );
}

function allowedReference(ctx: Ctx, reference: string): RemoteReference {
  const remote = asProblem(() => remoteReference(reference));
  requireAllowed(ctx.registries, remote.registry);
  return remote;
}
