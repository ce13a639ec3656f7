import { newId, ProblemError, PROBLEMS, type CloneVolume, type ProblemCode } from "@hafen/contract";
import { insertVolume, latestEvent, readUntil, shareVolumes, volumeById, type VolumeRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { takeQuota } from "../quota.ts";
import { record } from "../record.ts";
import { stillCopying } from "./copying.ts";
import { getVolume, namedBy } from "./create.ts";

/** Makes a volume with the data of another one; its host copies them. A clone of one that has never been on a host is a new one. */
export async function cloneVolume(ctx: Ctx, ref: string, input: CloneVolume): Promise<VolumeRow> {
  const { userId } = ctx.actor;
  const { id: sourceId } = await getVolume(ctx.db, userId, ref);
  const row = await ctx.db.transaction(async (tx) => {
    await takeQuota(tx, userId, { volumes: 1 });
    // Held until the clone is there: from then on that it is copied keeps the source.
    const [source] = await shareVolumes(tx, userId, [sourceId]);
    if (!source) throw await whyNot(ctx, ref);
    const { name, hostPath } = namedBy(input.name);
    const { labels = {} } = input;
    const copy = source.hostId === null ? {} : { state: "copying" as const, sourceId, hostId: source.hostId };
    const made = await insertVolume(tx, {
      id: newId("volume"),
      userId,
      name,
      hostPath,
      anonymous: false,
      labels,
      ...copy,
    });
    if (!made) throw new ProblemError("name_taken", `You have a volume named ${name}. Take another name.`);
    await record(tx, ctx.actor, {
      type: "volume.created",
      action: "volume.clone",
      subject: made.id,
      data: { name, source: source.name },
      made: true,
    });
    return made;
  });
  if (row.state === "copying") await ctx.jobs.enqueue(row.hostId, "volume.converge", { id: row.id, generation: 1 });
  return row;
}

async function whyNot(ctx: Ctx, ref: string): Promise<ProblemError> {
  const row = await getVolume(ctx.db, ctx.actor.userId, ref);
  if (row.state === "copying") return stillCopying(row);
  return new ProblemError("volume_not_found", `The volume ${ref} is being removed.`);
}

/** The clone once it has its data; throws why when it did not get them. */
export async function waitCopied(
  ctx: Ctx,
  row: VolumeRow,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<VolumeRow> {
  if (row.state !== "copying") return row;
  const read = async () => (await volumeById(ctx.db, row.id)) ?? { ...row, state: "removed" as const };
  const now = await readUntil(ctx.changes, row.id, read, ({ state }) => state !== "copying", { timeoutMs, signal });
  if (now.state === "copying" || now.state === "ready") return now;
  const { code, detail } = (await latestEvent(ctx.db, row.userId, row.id, "volume.failed")) ?? {};
  if (typeof code !== "string" || !(code in PROBLEMS))
    throw new ProblemError("volume_not_found", `${row.name} was removed before it had its data.`);
  throw new ProblemError(code as ProblemCode, String(detail));
}
