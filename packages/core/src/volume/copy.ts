import { ProblemError } from "@hafen/contract";
import { insertEvent, moveVolume, settleCopy, type Db, type VolumeRow } from "@hafen/db";
import { EngineError } from "@hafen/engine/error";
import type { HostCtx } from "../ctx.ts";
import { tarFailure } from "../files/explained.ts";
import { wholeTar } from "./whole-tar.ts";
import { openHelper, VOLUME } from "./helper.ts";

/** A source that is written meanwhile may have a file become shorter while it is read, which leaves the rest out. */
const ATTEMPTS = 3;
/** What the engine says of a tar in which a file has fewer bytes than its header says, or which changes its mind about a path. */
const CUT_SHORT = /EOF|archive\/tar: |invalid tar|cannot overwrite/i;

/**
 * Fills a clone from its source: the engine's own archive of one goes into the other as it is. A copy always begins with an empty
 * volume, so that one whose worker was killed leaves nothing behind, and only one that came to its end makes the clone ready.
 */
export async function copyVolume(ctx: HostCtx, row: VolumeRow, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await copyOnce(ctx, row, signal);
      break;
    } catch (error) {
      if (signal.aborted) throw error;
      const failure = failureOf(error, row);
      if (!failure) throw error; // the sweep begins again
      if (failure.code !== "volume_changing" || attempt === ATTEMPTS) return giveUp(ctx, row, failure);
    }
  }
  await ctx.db.transaction(async (tx) => {
    if (await settleCopy(tx, row.id)) await tell(tx, row, "volume.copied", {});
  });
}

async function copyOnce(ctx: HostCtx, row: VolumeRow, signal: AbortSignal): Promise<void> {
  await ctx.engine.removeVolume(row.id, { signal });
  await using from = await openHelper(ctx, row.sourceId ?? "", "read", signal);
  await using to = await openHelper(ctx, row.id, "copy", signal);
  const tar = await ctx.engine.getArchive(from.engineId, VOLUME, { signal: from.signal });
  // From the root on, so that no relative link in the volume climbs out of what is unpacked into, which the engine refuses.
  await ctx.engine.putArchive(to.engineId, "/", wholeTar(tar, ctx.cloneBytes), { signal: to.signal });
}

/** What no further attempt would mend; undefined for what one may. */
function failureOf(error: unknown, { name }: VolumeRow): ProblemError | undefined {
  if (error instanceof ProblemError) return error;
  if (!(error instanceof EngineError)) return undefined;
  if (error.kind === "no_space") return new ProblemError("disk_full", `The host's disk has no room for ${name}.`);
  if (error.kind !== "invalid") return undefined;
  if (!CUT_SHORT.test(error.message))
    return new ProblemError("tar_entry_refused", `The engine could not unpack it: ${tarFailure(error.message)}.`);
  return new ProblemError(
    "volume_changing",
    "The source was written while it was copied. Stop what writes to it, and clone again.",
  );
}

/** There is no state for a volume that could not be made: it goes, and its event says why. */
async function giveUp(ctx: HostCtx, row: VolumeRow, { code, detail }: ProblemError): Promise<void> {
  const moved = await ctx.db.transaction(async (tx) => {
    const going = await moveVolume(tx, row.id, ["copying"], "removing");
    if (going) await tell(tx, row, "volume.failed", { code, detail });
    return going;
  });
  if (moved) await ctx.jobs.enqueue(ctx.hostId, "volume.converge", { id: row.id, generation: 2 });
}

function tell(tx: Db, row: VolumeRow, type: "volume.copied" | "volume.failed", data: object): Promise<void> {
  return insertEvent(tx, { userId: row.userId, type, subject: row.id, data: { name: row.name, ...data } });
}
