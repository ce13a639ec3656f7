import { ProblemError, settled, type Health, type State, type Termination } from "@hafen/contract";
import { containerById, readUntil, type ContainerRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { getContainer, type ContainerKey } from "./request.ts";

/** The row once it is what was asked for, or as it is after the time: what `Prefer: wait` answers with. */
export function waitSettled(
  ctx: Ctx,
  row: ContainerRow,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<ContainerRow> {
  return readUntil(ctx.changes, row.id, () => read(ctx, row.id), settled, { timeoutMs, signal });
}

export interface Waited {
  settled: boolean;
  state: State;
  exitCode: number | null;
  termination: Termination | null;
  health: Health | null;
}
export type WaitCondition = "ended" | "healthy";

/** Waits for the container's end, as `docker wait` does, or for the verdict of its health check, which its end is, too. */
export async function waitContainer(
  ctx: Ctx,
  key: ContainerKey,
  timeoutMs: number,
  { condition = "ended", signal }: { condition?: WaitCondition | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Waited> {
  const { id, name, config } = await getContainer(ctx.db, ctx.actor.userId, key);
  if (condition === "healthy" && !config.healthcheck)
    throw new ProblemError(
      "no_healthcheck",
      `${name} has no health check. Build its image with HEALTHCHECK, or make it with healthcheck.`,
    );
  const over = condition === "healthy" ? judged : ended;
  const row = await readUntil(ctx.changes, id, () => read(ctx, id), over, { timeoutMs, signal });
  const { state, exitCode, termination, health } = row;
  return { settled: over(row), state, exitCode, termination, health };
}

/** The row once the run that it shows has ended, whether or not another follows by its restart policy. */
export async function waitRunEnd(ctx: Ctx, run: ContainerRow, timeoutMs: number): Promise<ContainerRow | undefined> {
  const over = (row: ContainerRow) => ended(row) || row.state === "restarting" || row.restartCount > run.restartCount;
  const row = await readUntil(ctx.changes, run.id, () => read(ctx, run.id), over, { timeoutMs });
  return over(row) ? row : undefined;
}

function ended(row: ContainerRow): boolean {
  return ["exited", "failed", "removed"].includes(row.state) && !row.startDue;
}

function judged(row: ContainerRow): boolean {
  return ended(row) || row.health?.status === "healthy" || row.health?.status === "unhealthy";
}

async function read(ctx: Ctx, id: string): Promise<ContainerRow> {
  const row = await containerById(ctx.db, id);
  if (!row) throw new ProblemError("container_not_found", `The container ${id} is gone.`);
  return row;
}
