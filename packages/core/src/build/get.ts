import { buildEnded, ProblemError, type Build, type BuildState, type BuildSummary } from "@hafen/contract";
import {
  buildById,
  findBuild,
  hostNames,
  listBases,
  listBuilds as listRows,
  listSteps,
  queuePosition,
  readUntil,
  type BuildRow,
  type Db,
} from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { readPage, toPage } from "../page.ts";

export async function getBuildRow(db: Db, userId: string, id: string): Promise<BuildRow> {
  const row = await findBuild(db, userId, id);
  if (!row) throw new ProblemError("build_not_found", `You have no build ${id}.`);
  return row;
}

export async function describeBuild(db: Db, row: BuildRow): Promise<Build> {
  const [steps, bases, hosts, position] = await Promise.all([
    listSteps(db, row.id),
    listBases(db, row.id),
    hostNames(db, row.hostId === null ? [] : [row.hostId]),
    row.state === "queued" ? queuePosition(db, row) : null,
  ]);
  return {
    ...summary(row, hosts, position),
    bases: bases.map(({ reference, imageId, digest, source }) => ({ reference, imageId, digest, source })),
    steps: steps.map((step) => ({
      number: step.number,
      instruction: step.instruction,
      state: step.state,
      cached: step.cached,
      sizeBytes: step.sizeBytes,
      startedAt: step.startedAt.toISOString(),
      finishedAt: step.finishedAt?.toISOString() ?? null,
    })),
  };
}

export async function listBuilds(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined; state?: BuildState | undefined },
): Promise<{ items: BuildSummary[]; nextCursor: string | null }> {
  const { rows, nextCursor } = toPage(
    await listRows(db, { ...readPage(query), userId, state: query.state }),
    query.limit,
  );
  const hosts = await hostNames(db, [...new Set(rows.flatMap((row) => (row.hostId ? [row.hostId] : [])))]);
  const positions = await Promise.all(
    rows.map(async (row) => (row.state === "queued" ? queuePosition(db, row) : null)),
  );
  return { items: rows.map((row, i) => summary(row, hosts, positions[i] ?? null)), nextCursor };
}

/** The row once the build has ended, or as it is after the time. */
export function waitBuild(ctx: Ctx, row: BuildRow, timeoutMs: number, signal?: AbortSignal): Promise<BuildRow> {
  const read = async () => (await buildById(ctx.db, row.id)) ?? row;
  return readUntil(ctx.changes, row.id, read, (now) => buildEnded(now.state), { timeoutMs, signal });
}

function summary(row: BuildRow, hosts: Map<string, string>, position: number | null): BuildSummary {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    tag: row.tag,
    tags: [...new Set([...(row.tag === null ? [] : [row.tag]), ...(row.source?.tags ?? [])])],
    dockerfile: row.dockerfile,
    target: row.target,
    buildArgs: row.buildArgs,
    labels: row.labels,
    noCache: row.noCache,
    contextDigest: row.contextDigest,
    contextBytes: row.contextBytes,
    containerId: row.source?.containerId ?? null,
    reference: row.source?.reference ?? null,
    imageId: row.imageId,
    failure: row.failure,
    queuePosition: position,
    attempt: row.attempt,
    host: row.hostId === null ? null : (hosts.get(row.hostId) ?? null),
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}
