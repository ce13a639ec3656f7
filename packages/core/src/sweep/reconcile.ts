import type { State } from "@hafen/contract";
import { containersOnHost, imagesOnHost, volumesOnHost } from "@hafen/db";
import type { ContainerSummary } from "@hafen/engine";
import { LABELS } from "../container/spec.ts";
import type { HostCtx } from "../ctx.ts";
import { convergeImage, internalTag } from "../image/remove.ts";

export interface Differences {
  /** Containers whose row and engine container do not agree; to be converged. */
  converge: { id: string; generation: number }[];
  /** What was in the engine and in no row, and has been removed. */
  removed: string[];
  /** Engine containers that carry our label but not our name: left alone, for the operator to look at. */
  foreign: string[];
}

/**
 * Holds the host's rows against what its engine has. The engine is read before the rows: a row is always there before its engine object,
 * so an object without a row is an orphan and not one that is just being made.
 */
export async function reconcile(ctx: HostCtx): Promise<Differences> {
  const label = { key: LABELS.host, value: ctx.hostId };
  const [containers, volumes, tags] = await Promise.all([
    ctx.engine.listContainers(label),
    ctx.engine.listVolumes(label),
    ctx.engine.listTags(internalTag(ctx.hostId, "")),
  ]);
  const [rows, volumeRows, imageRows] = await Promise.all([
    containersOnHost(ctx.db, ctx.hostId),
    volumesOnHost(ctx.db, ctx.hostId),
    imagesOnHost(ctx.db, ctx.hostId),
  ]);
  const result: Differences = { converge: [], removed: [], foreign: [] };
  const byId = new Map(rows.map((row) => [row.id, row]));
  const seen = new Map<string, ContainerSummary>();
  for (const container of containers) {
    const id = container.labels[LABELS.id] ?? "";
    if (container.name !== id) result.foreign.push(container.name);
    else if (byId.has(id)) seen.set(id, container);
    else {
      await ctx.engine.removeContainer(container.id);
      result.removed.push(container.name);
    }
  }
  for (const row of rows) {
    const container = seen.get(row.id);
    const missing = container === undefined && row.engineId !== null && row.state !== "failed";
    const differs = container !== undefined && row.state !== "failed" && asState(container) !== row.state;
    if (missing || differs || row.state === "lost") result.converge.push({ id: row.id, generation: row.generation });
  }
  const volumeIds = new Set(volumeRows.map((row) => row.id));
  for (const volume of volumes) {
    if (volumeIds.has(volume.name)) continue;
    await ctx.engine.removeVolume(volume.name).catch(() => {}); // in use by a container that goes at the next round
    result.removed.push(volume.name);
  }
  await reconcileTags(ctx, tags, imageRows, result);
  return result;
}

async function reconcileTags(ctx: HostCtx, tags: { tag: string }[], rows: { id: string; state: string }[], result: Differences): Promise<void> {
  const held = new Set(tags.map(({ tag }) => tag));
  const wanted = new Set(rows.map((row) => internalTag(ctx.hostId, row.id)));
  for (const row of rows) {
    if (row.state === "ready" && !held.has(internalTag(ctx.hostId, row.id))) await convergeImage(ctx, row.id);
  }
  for (const tag of held) {
    if (wanted.has(tag)) continue;
    await ctx.engine.removeTag(tag);
    result.removed.push(tag);
  }
}

function asState(container: ContainerSummary): State {
  switch (container.state) {
    case "dead":
    case "exited":
    case "removing":
      return "exited";
    default:
      return container.state;
  }
}
