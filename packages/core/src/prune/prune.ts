import type { Prune, Pruned } from "@hafen/contract";
import type { Ctx } from "../ctx.ts";
import type { UserUsage } from "../usage/df.ts";
import { pruneBuilds } from "./builds.ts";
import type { Outcome } from "./carry-out.ts";
import { pruneContainers } from "./containers.ts";
import { pruneImages } from "./images.ts";
import { idsOf, pruneVolumes, type VolumeHosts } from "./volumes.ts";

export interface PruneHosts extends VolumeHosts {
  usage(): Promise<UserUsage>;
}

const NOTHING: UserUsage = { containers: {}, volumes: {}, unreachable: [] };

/**
 * Removes what lies around, each thing by the verb that removes one of them. First containers, then what they were in the way of;
 * builds last, since they tell which image stands on which. Killed in the middle: what was removed is, the rest is there.
 */
export async function prune(ctx: Ctx, input: Prune, hosts: PruneHosts, signal: AbortSignal): Promise<Pruned> {
  // An Idempotency-Key is of the whole, and no single thing is what it made.
  const asking: Ctx = { ...ctx, actor: { ...ctx.actor, idempotencyKey: undefined, via: "prune" } };
  const { dryRun = false } = input;
  if (Array.isArray(input.volumes)) await idsOf(asking, input.volumes);
  const usage = input.containers || input.volumes ? await hosts.usage() : NOTHING;

  const outcomes: Outcome[] = [];
  if (input.containers) outcomes.push(await pruneContainers(asking, input.containers, { usage, dryRun, signal }));
  const gone = new Set(outcomes.flatMap(({ removed }) => removed.map(({ id }) => id)));
  if (input.volumes) outcomes.push(await pruneVolumes(asking, input.volumes, hosts, { gone, usage, dryRun, signal }));
  if (input.images) outcomes.push(await pruneImages(asking, input.images, { gone, dryRun }));
  if (input.builds) outcomes.push(await pruneBuilds(asking, input.builds, dryRun));

  const removed = outcomes.flatMap((outcome) => outcome.removed);
  const bytes = removed.reduce((total, item) => total + (item.bytes ?? 0), 0);
  return {
    removed,
    kept: outcomes.flatMap((outcome) => outcome.kept),
    reclaimedBytes: dryRun ? 0 : bytes,
    reclaimableBytes: bytes,
  };
}
