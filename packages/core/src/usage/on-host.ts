import { can, type ContainerSize } from "@hafen/contract";
import { idsOnHost } from "@hafen/db";
import { onHost } from "../container/live.ts";
import type { HostCtx } from "../ctx.ts";
import { walkedWithin, type Walked } from "./walk.ts";

/** What a user's things take on one host, by their ids. */
export interface HostUsage {
  containers: Record<string, ContainerSize>;
  volumes: Record<string, number>;
}

/** Something made since the last walk is worth another, but not more often than this, whoever asks. */
const AGAIN_MS = 2_000;

/** The engine tells of everybody's; the rows say which are this user's. */
export async function userUsage(ctx: HostCtx, userId: string): Promise<HostUsage> {
  const ids = await idsOnHost(ctx.db, userId, ctx.hostId);
  const seen = await walkedWithin(ctx.engine);
  const walked = isWhole(ids, seen) ? seen : await walkedWithin(ctx.engine, AGAIN_MS);
  const pick = <T>(rows: { id: string }[], from: ReadonlyMap<string, T>) =>
    Object.fromEntries(
      rows.flatMap(({ id }) => {
        const found = from.get(id);
        return found === undefined ? [] : [[id, found] as const];
      }),
    );
  return { containers: pick(ids.containers, walked.containers), volumes: pick(ids.volumes, walked.volumes) };
}

function isWhole(ids: Awaited<ReturnType<typeof idsOnHost>>, walked: Walked): boolean {
  return (
    ids.containers.every(({ id, state }) => !can("files", state) || walked.containers.has(id)) &&
    ids.volumes.every(({ id, state }) => state !== "ready" || walked.volumes.has(id))
  );
}

/** Null where the engine has no file system for it. */
export async function containerSize(ctx: HostCtx, id: string): Promise<ContainerSize | null> {
  const row = await onHost(ctx, id);
  if (!can("files", row.state)) return null;
  return (await ctx.engine.containerSize(row.engineId ?? row.id)) ?? null;
}
