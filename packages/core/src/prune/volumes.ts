import { ProblemError, type Prune } from "@hafen/contract";
import { heldVolumes, volumeById, type HeldVolume } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import type { UserUsage } from "../usage/df.ts";
import { getVolume } from "../volume/create.ts";
import { removeVolume, waitVolumeGone } from "../volume/remove.ts";
import { carryOut, type Outcome, type Verdict } from "./carry-out.ts";

const GONE_WITHIN_MS = 60_000;

export interface VolumeHosts {
  /** Removes a volume if it holds nothing, on the host that can tell; with `dryRun` only says. @throws ProblemError when it stays. */
  pruneVolume(volume: { id: string; hostId: string }, dryRun: boolean): Promise<void>;
}

/**
 * Those that nothing mounts and that hold nothing; by name, those that are named, with their data. `gone` names containers that
 * have been pruned, or in a dry run would have been.
 */
export async function pruneVolumes(
  ctx: Ctx,
  which: NonNullable<Prune["volumes"]>,
  hosts: VolumeHosts,
  how: { gone: ReadonlySet<string>; usage: UserUsage; dryRun: boolean; signal: AbortSignal },
): Promise<Outcome> {
  const { userId } = ctx.actor;
  const named = which === true ? undefined : await idsOf(ctx, which);
  const all = await heldVolumes(ctx.db, userId);
  const held = new Map(all.filter(({ id }) => named?.has(id) ?? true).map((row) => [row.id, row]));
  const onHost = async (id: string) => {
    const { hostId } = held.get(id) ?? { hostId: null };
    if (hostId !== null) return hosts.pruneVolume({ id, hostId }, how.dryRun);
    if (!how.dryRun) await removeVolume(ctx, id, refusePlaced);
  };
  const outcome = await carryOut(
    [...held.values()].map((row) => judge(row, how.gone, named !== undefined)),
    named
      ? { kind: "volume", remove: (id) => removeVolume(ctx, id), bytes: (id) => bytesOf(held.get(id), how.usage) }
      : { kind: "volume", remove: onHost, check: onHost, bytes: (id) => bytesOf(held.get(id), how.usage) },
    how.dryRun,
  );
  if (!how.dryRun) await Promise.all(outcome.removed.map(({ id }) => waitGone(ctx, id, how.signal)));
  return outcome;
}

/** A name that is nothing is refused before anything goes. */
export async function idsOf(ctx: Ctx, refs: string[]): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (const ref of refs) ids.add((await getVolume(ctx.db, ctx.actor.userId, ref)).id);
  return ids;
}

function judge(row: HeldVolume, gone: ReadonlySet<string>, named: boolean): Verdict {
  const mounters = row.mountedBy.filter(({ containerId }) => !gone.has(containerId)).map(({ name }) => name);
  const kept =
    row.state === "removing"
      ? "it is being removed already"
      : row.state === "copying" || row.copiedBy > 0
        ? "its data is being copied"
        : mounters.length > 0
          ? `mounted by ${mounters.slice(0, 5).join(", ")}`
          : undefined;
  const why = kept ?? (named ? "asked for by name" : "nothing mounts it and it holds nothing");
  return { id: row.id, name: row.name, goes: kept === undefined, why };
}

/** What was never on a host holds nothing; once it is on one, only that can tell. */
async function refusePlaced({ hostId, name }: { hostId: string | null; name: string }): Promise<void> {
  if (hostId !== null) throw new ProblemError("volume_not_empty", `A container has mounted ${name} just now.`);
}

function bytesOf(row: HeldVolume | undefined, usage: UserUsage): number | null {
  if (!row || row.hostId === null) return 0;
  return usage.volumes[row.id] ?? null;
}

async function waitGone(ctx: Ctx, id: string, signal: AbortSignal): Promise<void> {
  const row = await volumeById(ctx.db, id);
  if (row) await waitVolumeGone(ctx, row, GONE_WITHIN_MS, signal);
}
