import { newId, ProblemError } from "@hafen/contract";
import { shareVolume, type VolumeRow } from "@hafen/db";
import type { ContainerSpec } from "@hafen/engine";
import { LABELS } from "../container/spec.ts";
import type { HostCtx } from "../ctx.ts";
import { emptyImage } from "../image/empty-image.ts";
import { stillCopying } from "./copying.ts";
import { makeReal, refuseLost } from "./real.ts";

/** Where a helper has its volume. */
export const VOLUME = "/volume";

export interface Helper extends AsyncDisposable {
  engineId: string;
  /** Aborts when the volume is to go, and when the helper is closed. */
  signal: AbortSignal;
}

/** What is copied through a helper: files out of it or into it, or the data of a clone that is being made. */
export type Use = "read" | "write" | "copy";

/**
 * A container that mounts one volume and never starts: through it the engine's archive calls reach the volume, whoever else uses it,
 * and resolve every path inside an empty root. Until it is closed the engine does not let the volume go.
 */
export async function openHelper(ctx: HostCtx, volumeId: string, use: Use, signal: AbortSignal): Promise<Helper> {
  // Before the look at the row: a removal that comes after it sees the volume in use.
  const end = new AbortController();
  const transfer = ctx.transfers.begin(volumeId, AbortSignal.any([signal, end.signal]));
  const name = newId("helper");
  ctx.transfers.helpers.add(name);
  const close = async () => {
    // An archive of it that nobody has begun to read would hold it.
    end.abort();
    // What cannot be removed now the sweep removes, since nobody claims it any more.
    await ctx.engine.removeContainer(name).catch(() => {});
    ctx.transfers.helpers.delete(name);
    transfer[Symbol.dispose]();
  };
  try {
    const row = await usable(ctx, volumeId, use);
    if (use === "read") await refuseLost(ctx, row);
    await makeReal(ctx, row);
    const engineId = await ctx.engine.createContainer(helperSpec(ctx, name, row, await emptyImage(ctx), use));
    return { engineId, signal: transfer.signal, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function usable(ctx: HostCtx, id: string, use: Use): Promise<VolumeRow> {
  // After a prune that looks into it just now: it did not see this transfer, if it was quicker.
  const row = await shareVolume(ctx.db, id);
  if (!row || row.hostId !== ctx.hostId || row.state === "removing" || row.state === "removed")
    throw new ProblemError("volume_not_found", `The volume ${row?.name ?? id} is not there, or is being removed.`);
  if (row.state === "copying" && use !== "copy") throw stillCopying(row);
  return row;
}

/** A root that cannot be written keeps what a link leads out of the volume from landing in it. A copy must reach the volume from above. */
function helperSpec(ctx: HostCtx, name: string, row: VolumeRow, imageId: string, use: Use): ContainerSpec {
  return {
    name,
    imageId,
    hostname: "helper",
    command: ["none"],
    env: [],
    tty: false,
    openStdin: false,
    labels: { [LABELS.helper]: name, [LABELS.host]: ctx.hostId, [LABELS.user]: row.userId },
    mounts: [{ type: "volume", volume: row.id, target: VOLUME, readOnly: false, fromImage: false }],
    limits: { cpus: 0.01, memoryBytes: 6 * 1024 ** 2, pids: 1 },
    network: "none",
    isolation: { capabilities: [], readOnlyRoot: use !== "copy", seccomp: ctx.seccomp },
    log: { maxBytes: 1024 ** 2, files: 1 },
    shmBytes: 1024 ** 2,
    openFiles: 64,
  };
}
