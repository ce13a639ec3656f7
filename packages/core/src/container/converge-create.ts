import type { Timings } from "@hafen/contract";
import { moveVolume, mountsOf, observeContainer, type ContainerRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { containerSpec, LABELS } from "./spec.ts";

export interface Made {
  row: ContainerRow;
  engineId: string;
  timings: Timings;
}

/**
 * Makes the container in the engine, or finds it there: its name is the row's id. The engine's id is not written here when a start
 * is due, since the write of the start carries it: one write less on the way to running.
 */
export async function create(
  ctx: HostCtx,
  row: ContainerRow,
  signal: AbortSignal | undefined,
): Promise<Made | undefined> {
  const queueMs = Math.max(0, Date.now() - row.requestedAt.getTime());
  const mounts = await mountsOf(ctx.db, [row.id]);
  const volumes = new Set(mounts.flatMap((mount) => (mount.volumeId ? [mount.volumeId] : [])));
  const began = performance.now();
  for (const name of volumes) {
    await ctx.engine.createVolume(
      { name, labels: { [LABELS.id]: name, [LABELS.host]: ctx.hostId, [LABELS.user]: row.userId } },
      { signal },
    );
    await moveVolume(ctx.db, name, ["pending"], "ready");
  }
  const engineId = await ctx.engine.createContainer(
    containerSpec(row, mounts, { id: ctx.hostId, seccomp: ctx.seccomp }),
    { signal },
  );
  const timings = { queueMs, createMs: performance.now() - began };
  if (row.startDue) return { row, engineId, timings };
  const written = await observeContainer(ctx.db, row, { engineId });
  return written && { row: written, engineId, timings };
}
