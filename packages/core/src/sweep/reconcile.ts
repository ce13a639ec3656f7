import type { Health, State } from "@hafen/contract";
import { containersOnHost, imagesOnHost, networksOnHost, openBuilds, volumesOnHost } from "@hafen/db";
import type { ContainerSummary } from "@hafen/engine";
import { isHold } from "../build/holds.ts";
import { stateOf } from "../container/observe.ts";
import { LABELS } from "../container/spec.ts";
import type { HostCtx } from "../ctx.ts";
import { emptyImageTag } from "../image/empty-image.ts";
import { convergeImage, internalTag } from "../image/remove.ts";
import { noteLost } from "../volume/real.ts";
import { isOurContainer, isOurVolume } from "./orphans.ts";

export interface Differences {
  /** Containers whose row and engine container do not agree; to be converged. */
  converge: { id: string; generation: number }[];
  /** What was in the engine and in no row, and was surely ours to remove. */
  removed: string[];
  /** Volumes with data and containers, stopped, that are in no row: never removed, for the operator to look at. */
  unclaimed: string[];
  /** What should have been removed or named and could not be; tried again at the next round. */
  failed: string[];
  /** Volumes that were removed behind our back: made again, empty, for the next container that mounts them. */
  vanished: string[];
  /** Engine containers that carry our label but not our name: left alone, for the operator to look at. */
  foreign: string[];
}

/**
 * Holds the host's rows against what its engine has. The engine is read before the rows: a row is always there before its engine object,
 * so an object without a row is an orphan and not one that is just being made.
 */
export async function reconcile(ctx: HostCtx): Promise<Differences> {
  const label = { key: LABELS.host, value: ctx.hostId };
  const [containers, volumes, tags, networks] = await Promise.all([
    ctx.engine.listContainers(label),
    ctx.engine.listVolumes(label),
    ctx.engine.listTags(internalTag(ctx.hostId, "")),
    ctx.engine.listNetworks(label),
  ]);
  // Before the images: of a build that has ended by now, its image is surely among them.
  const open = await openBuilds(ctx.db, ctx.hostId);
  const [rows, volumeRows, imageRows, networkRows] = await Promise.all([
    containersOnHost(ctx.db, ctx.hostId),
    volumesOnHost(ctx.db, ctx.hostId),
    imagesOnHost(ctx.db, ctx.hostId),
    networksOnHost(ctx.db, ctx.hostId),
  ]);
  const result: Differences = { converge: [], removed: [], unclaimed: [], failed: [], vanished: [], foreign: [] };
  const byId = new Map(rows.map((row) => [row.id, row]));
  const seen = new Map<string, ContainerSummary>();
  for (const container of containers) {
    if (container.labels[LABELS.helper] !== undefined) {
      // Of a process that is gone: this one knows its own.
      if (!ctx.transfers.helpers.has(container.name))
        await discard(result, container.name, () => ctx.engine.removeContainer(container.id));
      continue;
    }
    const id = container.labels[LABELS.id] ?? "";
    if (container.name !== id) result.foreign.push(container.name);
    else if (byId.has(id)) seen.set(id, container);
    else {
      const isOurs = () => isOurContainer(ctx, container);
      await discard(result, container.name, () => ctx.engine.removeContainer(container.id), isOurs);
    }
  }
  for (const row of rows) {
    const container = seen.get(row.id);
    const missing = container === undefined && row.engineId !== null && row.state !== "failed";
    const differs = container !== undefined && !agrees(row, container);
    if (missing || differs || row.state === "lost") result.converge.push({ id: row.id, generation: row.generation });
  }
  const volumeIds = new Set(volumeRows.map((row) => row.id));
  for (const volume of volumes) {
    if (volumeIds.has(volume.name)) continue;
    const isOurs = () => isOurVolume(ctx, volume.name);
    await discard(result, volume.name, () => ctx.engine.removeVolume(volume.name), isOurs);
  }
  const seenVolumes = new Set(volumes.map((volume) => volume.name));
  for (const { id, state } of volumeRows) {
    // Asked again, since it may have been made between the two looks.
    if (state !== "ready" || seenVolumes.has(id) || (await ctx.engine.inspectVolume(id))) continue;
    if (await noteLost(ctx, id)) result.vanished.push(id);
  }
  const networkIds = new Set(networkRows.map((row) => row.id));
  for (const { name } of networks) {
    if (!networkIds.has(name)) await discard(result, name, () => ctx.engine.removeNetwork(name));
  }
  const held = tags.filter(({ tag }) => !open.some(({ id }) => isHold(ctx.hostId, id, tag)));
  await reconcileTags(ctx, held, imageRows, result);
  return result;
}

async function reconcileTags(
  ctx: HostCtx,
  tags: { tag: string; imageId: string }[],
  rows: { id: string; digest: string; state: string }[],
  result: Differences,
): Promise<void> {
  const held = new Set(tags.map(({ tag }) => tag));
  const wanted = new Set([emptyImageTag(ctx.hostId), ...rows.map((row) => internalTag(ctx.hostId, row.id))]);
  /** What still hangs on the name that a build has held it by. */
  const unnamed = new Set<string>();
  for (const { id, digest, state } of rows) {
    if (state !== "ready" || held.has(internalTag(ctx.hostId, id))) continue;
    if (!(await attempt(result, `tag of ${id}`, () => convergeImage(ctx, id)))) unnamed.add(digest);
  }
  for (const { tag, imageId } of tags) {
    if (!wanted.has(tag) && !unnamed.has(imageId)) await discard(result, tag, () => ctx.engine.removeTag(tag));
  }
}

async function discard(
  result: Differences,
  name: string,
  remove: () => Promise<void>,
  isOurs: () => Promise<boolean> = async () => true,
): Promise<void> {
  await attempt(result, name, async () => {
    if (!(await isOurs())) return void result.unclaimed.push(name);
    await remove();
    result.removed.push(name);
  });
}

/** One object that cannot go, as a volume still in use, or cannot be named, does not keep the rest from being looked at. */
async function attempt(result: Differences, name: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    result.failed.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

function agrees({ state, health }: { state: State; health: Health | null }, container: ContainerSummary): boolean {
  const seen = stateOf(container);
  // It has no process: a start whose answer was lost may have succeeded.
  if (state === "failed") return seen === "exited" || seen === "created";
  if (seen === "running" && health?.status !== container.health) return false;
  // One that waits for its restart has ended, to the engine.
  return state === seen || (state === "restarting" && seen === "exited");
}
