import type { Timings } from "@hafen/contract";
import { mountsOf, observeContainer, type ContainerRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { emptySecrets } from "./converge-secrets.ts";
import { ensureNetwork } from "./network.ts";
import { makeReal } from "../volume/real.ts";
import { containerSpec } from "./spec.ts";

export interface Made {
  row: ContainerRow;
  engineId: string;
  timings: Timings;
}

/**
 * Makes the container in the engine, or finds it there: its name is the row's id. When a start is due the engine's id is not
 * written here, since the write of the start carries it. Not interrupted by a newer request: the engine would go on making what a
 * removal, which comes next, would then not find.
 */
export async function create(ctx: HostCtx, row: ContainerRow): Promise<Made | undefined> {
  const queueMs = Math.max(0, Date.now() - row.requestedAt.getTime());
  const mounts = await mountsOf(ctx.db, [row.id]);
  const volumes = new Map(mounts.flatMap(({ volume }) => (volume ? [[volume.id, volume]] : [])));
  const began = performance.now();
  for (const { id, state } of volumes.values()) await makeReal(ctx, { id, userId: row.userId, state });
  await ensureNetwork(ctx, row);
  const secretFiles = await emptySecrets(ctx, row);
  const spec = containerSpec(row, mounts, { id: ctx.hostId, seccomp: ctx.seccomp }, secretFiles);
  // At the same time, so that the start need not wait for it; a failure is told once the engine is done with making.
  const admitted = row.startDue ? ctx.egress?.admit(row) : undefined;
  admitted?.catch(() => {});
  const engineId = await ctx.engine.createContainer(spec);
  await admitted;
  const timings = { queueMs, createMs: performance.now() - began };
  if (row.startDue) return { row, engineId, timings };
  const written = await observeContainer(ctx.db, row, { engineId });
  return written && { row: written, engineId, timings };
}
