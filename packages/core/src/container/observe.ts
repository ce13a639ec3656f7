import type { Cause, State, Termination, Timings } from "@hafen/contract";
import { insertEvent, observeContainer, type ContainerRow, type Db } from "@hafen/db";
import type { ContainerInfo } from "@hafen/engine";
import type { EventType } from "@hafen/contract";
import type { HostCtx } from "../ctx.ts";
import { terminationOf, toIso } from "./termination.ts";

interface Told {
  type: EventType;
  data?: Record<string, unknown>;
}

/** Writes what was seen, with its events, in one transaction; false when the row has moved on meanwhile. */
function write(
  db: Db,
  row: ContainerRow,
  patch: Parameters<typeof observeContainer>[2],
  ...events: Told[]
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const written = await observeContainer(tx, row, patch);
    if (!written) return false;
    for (const { type, data } of events) {
      await insertEvent(tx, { userId: row.userId, type, subject: row.id, data: { name: row.name, ...data } });
    }
    return true;
  });
}

/** Made and not to be started, or asked to stop before it ever was. */
export function settleCreated(ctx: HostCtx, row: ContainerRow, timings: Timings = row.timings): Promise<boolean> {
  const desired = row.desired === "exited" ? "created" : row.desired;
  return write(
    ctx.db,
    row,
    { state: "created", desired, startDue: false, failure: null, timings },
    { type: "container.created" },
  );
}

export function settleRunning(
  ctx: HostCtx,
  row: ContainerRow,
  info: ContainerInfo,
  timings: Timings = {},
): Promise<boolean> {
  const startedAt = new Date(toIso(info.startedAt));
  const readyMs = Math.max(0, Date.now() - row.requestedAt.getTime());
  return write(
    ctx.db,
    row,
    {
      state: info.state === "paused" ? "paused" : "running",
      engineId: info.id,
      engineStartedAt: info.startedAt ?? null,
      startDue: false,
      failures: 0,
      startedAt,
      finishedAt: null,
      exitCode: null,
      termination: null,
      failure: null,
      timings: row.startDue ? { ...timings, readyMs } : row.timings,
    },
    { type: "container.started" },
  );
}

export function settleEnded(
  ctx: HostCtx,
  row: ContainerRow,
  info: ContainerInfo,
  timings: Timings = row.timings,
): Promise<boolean> {
  const startedAt = info.startedAt === undefined ? null : new Date(toIso(info.startedAt));
  const endedAt = new Date(toIso(info.finishedAt));
  return writeEnd(ctx, row, {
    engineId: info.id,
    engineStartedAt: info.startedAt ?? null,
    startedAt,
    // The engine stamps a start after the process began, which a quick end precedes.
    finishedAt: startedAt !== null && startedAt > endedAt ? startedAt : endedAt,
    exitCode: info.exitCode ?? null,
    termination: terminationOf(row, info),
    failure: null,
    timings,
  });
}

/** An end makes `exited` what is wanted, too: a container that ended by itself is not started again behind its user's back. */
export function writeEnd(
  ctx: HostCtx,
  row: ContainerRow,
  patch: { termination: Termination } & Parameters<typeof observeContainer>[2],
): Promise<boolean> {
  const { cause, exitCode } = patch.termination;
  // It ran so briefly that nobody saw it run: its start is told all the same.
  const started: Told[] = row.startDue && patch.startedAt ? [{ type: "container.started" }] : [];
  return write(
    ctx.db,
    row,
    {
      ...patch,
      engineId: patch.engineId ?? row.engineId,
      state: "exited",
      desired: "exited",
      startDue: false,
      failures: 0,
    },
    ...started,
    { type: "container.exited", data: { cause, exitCode } },
  );
}

/** The container could not be made, or is no longer there. */
export function settleFailed(
  ctx: HostCtx,
  row: ContainerRow,
  code: string,
  detail: string,
  cause?: Cause,
): Promise<boolean> {
  const at = new Date();
  return write(
    ctx.db,
    row,
    {
      state: "failed",
      startDue: false,
      failure: { code, detail },
      finishedAt: at,
      ...(cause ? { termination: { cause, detail, at: at.toISOString() } } : {}),
    },
    { type: "container.failed", data: { code, detail } },
  );
}

/** Nothing is to be done; writes what the engine shows if the row does not show it yet. */
export function observe(ctx: HostCtx, row: ContainerRow, info: ContainerInfo): Promise<boolean> {
  const seen = stateOf(info);
  if (seen === "running" || seen === "paused") {
    const same = row.state === seen && row.engineStartedAt === (info.startedAt ?? null);
    return same ? Promise.resolve(true) : settleRunning(ctx, { ...row, startDue: false }, info);
  }
  if (seen === "created") {
    return row.state === "created" ? Promise.resolve(true) : settleCreated(ctx, row);
  }
  const same = row.state === "exited" && row.desired === "exited" && row.engineStartedAt === (info.startedAt ?? null);
  return same ? Promise.resolve(true) : settleEnded(ctx, row, info);
}

function stateOf(info: ContainerInfo): State {
  switch (info.state) {
    case "dead":
    case "exited":
    case "removing":
      return "exited";
    default:
      return info.state;
  }
}
