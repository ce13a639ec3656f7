import { newId, ProblemError, type CreateVolume, type Volume } from "@hafen/contract";
import {
  findVolume,
  hostNames,
  insertVolume,
  listVolumes as listRows,
  mountersOf,
  type Db,
  type VolumeRow,
} from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { cleanPath } from "../files/clean-path.ts";
import { readPage, toPage } from "../page.ts";
import { takeQuota } from "../quota.ts";
import { record } from "../record.ts";

/** Makes the row; the host of the first container that mounts it makes it real there. */
export async function createVolume(ctx: Ctx, input: CreateVolume): Promise<VolumeRow> {
  const { userId } = ctx.actor;
  const named = namedBy(input.name);
  return ctx.db.transaction(async (tx) => {
    await takeQuota(tx, userId, { volumes: 1 });
    const row = await insertVolume(tx, {
      id: newId("volume"),
      userId,
      ...named,
      anonymous: false,
      labels: input.labels ?? {},
    });
    if (!row)
      throw new ProblemError("name_taken", `You have a volume named ${named.name}. Use it, or take another name.`);
    await record(tx, ctx.actor, {
      type: "volume.created",
      action: "volume.create",
      subject: row.id,
      data: { name: row.name },
      made: true,
    });
    return row;
  });
}

/** A path of the virtual host tree is its volume's name, too. */
export function namedBy(text: string): { name: string; hostPath?: string } {
  if (!text.startsWith("/")) return { name: text };
  const path = cleanPath(text);
  return { name: path, hostPath: path };
}

export async function getVolume(db: Db, userId: string, ref: string): Promise<VolumeRow> {
  const row = await findVolume(db, userId, namedBy(ref).name);
  if (!row) throw new ProblemError("volume_not_found", `You have no volume ${ref}.`);
  return row;
}

export async function listVolumes(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: Volume[]; nextCursor: string | null }> {
  const { rows, nextCursor } = toPage(await listRows(db, userId, readPage(query)), query.limit);
  return { items: await describeVolumes(db, userId, rows), nextCursor };
}

/** As this user sees it: of the containers that mount it, their own. */
export async function describeVolume(db: Db, userId: string, row: VolumeRow): Promise<Volume> {
  const [volume] = await describeVolumes(db, userId, [row]);
  if (!volume) throw new Error("describeVolumes dropped a row");
  return volume;
}

async function describeVolumes(db: Db, userId: string, rows: VolumeRow[]): Promise<Volume[]> {
  const [mounters, hosts] = await Promise.all([
    mountersOf(
      db,
      rows.map((row) => row.id),
    ),
    hostNames(db, [...new Set(rows.flatMap((row) => (row.hostId ? [row.hostId] : [])))]),
  ]);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    anonymous: row.anonymous,
    hostPath: row.hostPath,
    state: row.state,
    sourceId: row.sourceId,
    labels: row.labels,
    host: row.hostId === null ? null : (hosts.get(row.hostId) ?? null),
    mountedBy: mounters
      .filter((mounter) => mounter.volumeId === row.id && mounter.userId === userId)
      .map(({ id, name, target, readOnly }) => ({ id, name, target, readOnly })),
    createdAt: row.createdAt.toISOString(),
    usedBytes: null,
  }));
}
