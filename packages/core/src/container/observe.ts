import type { Cause, EventType, State, Termination, Timings } from "@hafen/contract";
import { fromNow, insertEvent, observeContainer, type ContainerPatch, type ContainerRow, type Db } from "@hafen/db";
import type { ContainerInfo } from "@hafen/engine";
import type { HostCtx } from "../ctx.ts";
import { healthOf } from "./healthcheck.ts";
import { withOutOfMemory } from "./out-of-memory.ts";
import { restartDelayMs } from "./restart-policy.ts";
import { terminationOf, toIso } from "./termination.ts";

interface Told {
  type: EventType;
  data?: Record<string, unknown>;
}

/** What only a container that runs has. */
const AT_REST = { health: null, expiresAt: null, activeAt: null } as const satisfies ContainerPatch;

/** Writes what was seen, with its events, in one transaction; false when the row has moved on meanwhile. */
function write(db: Db, row: ContainerRow, patch: ContainerPatch, ...events: Told[]): Promise<boolean> {
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

/** It runs, or is paused: after a start, a pause or its end, or as somebody on the host has left it. */
export function settleRunning(
  ctx: HostCtx,
  row: ContainerRow,
  info: ContainerInfo,
  timings: Timings = {},
): Promise<boolean> {
  const state = info.state === "paused" ? "paused" : "running";
  const isNewStart = row.engineStartedAt !== (info.startedAt ?? null);
  const dueSince = row.state === "restarting" ? row.restartAt : row.requestedAt;
  const readyMs = Math.max(0, Date.now() - (dueSince ?? row.requestedAt).getTime());
  return write(
    ctx.db,
    row,
    {
      state,
      desired: row.desired === "running" || row.desired === "paused" ? state : row.desired,
      engineId: info.id,
      engineStartedAt: info.startedAt ?? null,
      startDue: false,
      failures: 0,
      restartAt: null,
      startedAt: new Date(toIso(info.startedAt)),
      finishedAt: null,
      exitCode: null,
      termination: null,
      failure: null,
      health: info.health ? healthOf(info.health) : null,
      timings: row.startDue ? { ...timings, readyMs } : row.timings,
      ...(isNewStart && {
        expiresAt: row.ttlSeconds === null ? null : fromNow(row.ttlSeconds * 1000),
        activeAt: row.idleTimeoutSeconds === null ? null : fromNow(0),
      }),
    },
    { type: toldAs(row, state, isNewStart) },
  );
}

function toldAs(row: ContainerRow, state: "running" | "paused", isNewStart: boolean): EventType {
  if (!isNewStart && state === "paused") return "container.paused";
  return !isNewStart && row.state === "paused" ? "container.unpaused" : "container.started";
}

/** What was asked of one that runs cannot be done: how it is becomes what is wanted. */
export function settleAsSeen(ctx: HostCtx, row: ContainerRow, info: ContainerInfo, refused: string): Promise<boolean> {
  const desired = info.state === "paused" ? "paused" : "running";
  return write(
    ctx.db,
    row,
    { state: desired, desired, failures: 0 },
    { type: "container.changed", data: { desired, refused } },
  );
}

/** Its process has ended. Unless that was asked for, its restart policy says whether it is started again. */
export async function settleEnded(
  ctx: HostCtx,
  row: ContainerRow,
  seen: ContainerInfo,
  timings: Timings = row.timings,
): Promise<boolean> {
  const info = await withOutOfMemory(ctx, row, seen);
  const startedAt = info.startedAt === undefined ? null : new Date(toIso(info.startedAt));
  const endedAt = new Date(toIso(info.finishedAt));
  const end = {
    engineId: info.id,
    engineStartedAt: info.startedAt ?? null,
    startedAt,
    // The engine stamps a start after the process began, which a quick end precedes.
    finishedAt: startedAt !== null && startedAt > endedAt ? startedAt : endedAt,
    exitCode: info.exitCode ?? null,
    termination: terminationOf(row, info),
    failure: null,
    timings,
  };
  const endedByItself = row.desired === "running" || row.desired === "paused";
  const delayMs = endedByItself
    ? restartDelayMs({
        ...row,
        lastDelayMs: row.restartDelayMs,
        exitCode: info.exitCode ?? 0,
        ranMs: startedAt === null ? 0 : endedAt.getTime() - startedAt.getTime(),
      })
    : undefined;
  return delayMs === undefined ? writeEnd(ctx, row, end) : writeRestart(ctx, row, end, delayMs);
}

type End = { termination: Termination } & ContainerPatch;

/** The start that follows is its policy's: rows say when, so that a killed worker changes nothing but the moment. */
function writeRestart(ctx: HostCtx, row: ContainerRow, end: End, delayMs: number): Promise<boolean> {
  const restartCount = row.restartCount + 1;
  const { cause, exitCode } = end.termination;
  return write(
    ctx.db,
    row,
    {
      ...AT_REST,
      ...end,
      state: "restarting",
      desired: "running",
      startDue: false,
      failures: 0,
      restartCount,
      restartDelayMs: delayMs,
      restartAt: fromNow(delayMs),
    },
    ...unseenStart(row, end),
    { type: "container.restarting", data: { cause, exitCode, restartCount, delayMs } },
  );
}

/** An end makes `exited` what is wanted, too: a container that ended by itself is not started again behind its user's back. */
export function writeEnd(ctx: HostCtx, row: ContainerRow, end: End): Promise<boolean> {
  const { cause, exitCode } = end.termination;
  return write(
    ctx.db,
    row,
    {
      ...AT_REST,
      ...end,
      engineId: end.engineId ?? row.engineId,
      state: "exited",
      desired: "exited",
      startDue: false,
      stopRequest: row.stopRequest && { ...row.stopRequest, killAt: undefined },
      restartAt: null,
      failures: 0,
    },
    ...unseenStart(row, end),
    { type: "container.exited", data: { cause, exitCode } },
  );
}

/** It ran so briefly that nobody saw it run: its start is told all the same. */
function unseenStart(row: ContainerRow, end: End): Told[] {
  return row.startDue && end.startedAt ? [{ type: "container.started" }] : [];
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
      ...AT_REST,
      state: "failed",
      startDue: false,
      pendingLimits: null,
      restartAt: null,
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
  const isSameStart = row.engineStartedAt === (info.startedAt ?? null);
  if (seen === "running" || seen === "paused") {
    const isSame = row.state === seen && isSameStart;
    return isSame ? observeHealth(ctx, row, info) : settleRunning(ctx, { ...row, startDue: false }, info);
  }
  if (seen === "created") {
    return row.state === "created" ? Promise.resolve(true) : settleCreated(ctx, row);
  }
  const isKnown =
    (row.state === "exited" && row.desired === "exited") || (row.state === "restarting" && row.desired === "running");
  return isKnown && isSameStart ? Promise.resolve(true) : settleEnded(ctx, row, info);
}

/** Written when the verdict changes, not at every check. */
function observeHealth(ctx: HostCtx, row: ContainerRow, { health: seen }: ContainerInfo): Promise<boolean> {
  if (row.health?.status === seen?.status) return Promise.resolve(true);
  const health = seen ? healthOf(seen) : null;
  return write(ctx.db, row, { health }, { type: "container.health", data: { status: health?.status ?? null } });
}

/** The engine's state in our terms. */
export function stateOf(info: Pick<ContainerInfo, "state">): State {
  switch (info.state) {
    case "dead":
    case "exited":
    case "removing":
      return "exited";
    default:
      return info.state;
  }
}
