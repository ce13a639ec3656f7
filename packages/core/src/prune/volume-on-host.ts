import { ProblemError } from "@hafen/contract";
import { volumeById, type VolumeRow } from "@hafen/db";
import { EngineError } from "@hafen/engine/error";
import type { Actor, HostCtx } from "../ctx.ts";
import { removeVolume } from "../volume/remove.ts";

/** While we look, the volume's row is held: a look that takes longer is given up. */
const LOOK_MS = 3_000;

/**
 * The host's half of a prune: removes a volume that holds nothing. It is looked into inside the removal's transaction, when nothing
 * mounts it and nothing can begin to: so what is written at the last moment is seen.
 */
export async function pruneVolumeHere(
  ctx: HostCtx,
  id: string,
  { actor, dryRun }: { actor: Actor; dryRun: boolean },
): Promise<void> {
  const row = await volumeById(ctx.db, id);
  if (!row || row.hostId !== ctx.hostId || row.userId !== actor.userId)
    throw new ProblemError("volume_not_found", `There is no volume ${id} on this host.`);
  if (dryRun) return refuseData(ctx, row);
  await removeVolume({ db: ctx.db, jobs: ctx.jobs, actor }, id, (held) => refuseData(ctx, held));
}

async function refuseData(ctx: HostCtx, { id, name }: VolumeRow): Promise<void> {
  if (ctx.transfers.isBusy(id)) throw new ProblemError("volume_not_empty", "Files are copied to or from it just now.");
  try {
    if (await ctx.engine.isVolumeEmpty(id, { signal: AbortSignal.timeout(LOOK_MS) })) return;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new ProblemError("host_unreachable", "Its host cannot look into it now, so it may hold data.");
  }
  throw new ProblemError("volume_not_empty", `It holds data. To remove it all the same, name it: ${name}.`);
}
