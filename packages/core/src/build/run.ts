import { setTimeout as delay } from "node:timers/promises";
import { buildEnded, DEADLINES_MS, type BuildFailure, type BuildFailureCode, type BuildKind } from "@hafen/contract";
import {
  beginBuild,
  buildById,
  buildSecondsLeft,
  endBuild,
  excuseAttempt,
  insertEvent,
  type BuildRow,
} from "@hafen/db";
import { EngineError } from "@hafen/engine/error";
import type { HostCtx } from "../ctx.ts";
import { BuildRefused } from "./refused.ts";
import { buildCgroup, execute, type Product } from "./execute.ts";
import { dropHolds, dropLeftovers } from "./holds.ts";
import { keepImage } from "./keep-image.ts";
import { keepPush } from "./keep-push.ts";
import { BUILD_TIMEOUT_MS } from "./limits.ts";
import { openLogWriter, type LogWriter } from "./log-writer.ts";
import { storable } from "./storable.ts";

/** The attempts that a worker dies in, or that the engine fails, until the build is failed, since it may be the cause. */
const MAX_ATTEMPTS = 5;

type End = Parameters<typeof endBuild>[3];

const MINUTES_GONE = "The build minutes of the last 30 days are used up. Wait, or ask the admin for more.";

const DONE = {
  dockerfile: "Built",
  rootfs: "Imported",
  archive: "Loaded",
  commit: "Committed",
  pull: "Pulled",
  push: "Pushed",
} as const satisfies Record<BuildKind, string>;

/**
 * Runs one build from its row to its end. Exactly one of several deliveries begins it; one whose worker died is begun again from
 * the start, on the engine's layer cache. Cancelled by `signal`. A failure of the engine itself leaves the row running and throws,
 * `pauseMs` later if the engine answers: the next delivery is another attempt.
 */
export async function runBuild(
  ctx: HostCtx,
  id: string,
  signal: AbortSignal,
  pauseMs: number = DEADLINES_MS.build,
): Promise<void> {
  const row = await buildById(ctx.db, id);
  if (!row || buildEnded(row.state) || row.hostId !== ctx.hostId) return;
  if (row.cancelRequestedAt !== null) {
    await clearAttempt(ctx, row);
    return end(ctx, row, { state: "cancelled" });
  }
  const spent = row.attempt - row.excused;
  if (spent >= MAX_ATTEMPTS) {
    await clearAttempt(ctx, row);
    return end(ctx, row, hostLost(spent));
  }
  // An engine that is away begins nothing.
  await ctx.engine.info({ signal });
  const build = await ctx.db.transaction(async (tx) => {
    const begun = await beginBuild(tx, id, row.attempt);
    if (begun?.attempt === 1) await insertEvent(tx, { userId: row.userId, type: "build.started", subject: id });
    return begun;
  });
  if (!build) return;

  const log = await openLogWriter(ctx.db, id, () => {});
  try {
    if (build.attempt > 1)
      await log.write(
        "status",
        `The worker or the engine was lost; attempt ${build.attempt} begins from the start.\n`,
        Date.now(),
      );
    const result = await attempt(ctx, build, log, signal);
    await log.close();
    await end(ctx, build, result);
  } catch (error) {
    const result = await giveUp(ctx, build, error, signal);
    if (result) return await end(ctx, build, result);
    // Still one of the builds under way, and so not nudged.
    if (!signal.aborted) await delay(pauseMs, undefined, { signal }).catch(() => {});
    throw error;
  } finally {
    await log.close();
  }
}

/** What a killed worker left of the build in the engine goes, since no attempt follows that would clear it up. */
async function clearAttempt(ctx: HostCtx, build: BuildRow): Promise<void> {
  if (build.attempt === 0) return;
  await ctx.engine.clearBuild(buildCgroup(ctx, build));
  await dropLeftovers(ctx, build);
}

async function attempt(ctx: HostCtx, build: BuildRow, log: LogWriter, signal: AbortSignal): Promise<End> {
  const leftMs = (await buildSecondsLeft(ctx.db, build.userId)) * 1000;
  if (leftMs <= 0) return failed("quota_exceeded", MINUTES_GONE);
  const timeout = AbortSignal.timeout(Math.ceil(Math.min(BUILD_TIMEOUT_MS, leftMs)));
  let product: Product | undefined;
  try {
    if (build.attempt > 1) await dropLeftovers(ctx, build);
    product = await execute(ctx, build, log, AbortSignal.any([signal, timeout]));
    // The last line is written before the build ends: whoever follows the log leaves it at the end.
    await log.write(
      "status",
      `${DONE[build.kind]} ${build.source?.reference ?? build.tag ?? product.digest}.\n`,
      Date.now(),
    );
    await log.close();
    const keep = build.kind === "push" ? keepPush : keepImage;
    return { state: "succeeded", imageId: await keep(ctx, build, product) };
  } catch (error) {
    if (timeout.aborted && leftMs < BUILD_TIMEOUT_MS) return failed("quota_exceeded", MINUTES_GONE);
    if (timeout.aborted) return failed("timeout", `The build took over ${BUILD_TIMEOUT_MS / 60_000} minutes.`);
    if (signal.aborted) return await cancelledOrLost(ctx, build, error);
    if (error instanceof BuildRefused) {
      await log.write("status", `${error.failure.detail}\n`, Date.now());
      return { state: "failed", failure: error.failure };
    }
    if (error instanceof EngineError && error.kind === "no_space")
      return failed("disk_full", "The host's disk is full.");
    if (error instanceof EngineError && error.kind === "invalid") return failed("build_failed", error.message);
    throw error;
  } finally {
    // What `keepImage` may have written down it hands over itself.
    if (!product || build.kind === "push") await dropHolds(ctx, build).catch(() => {}); // else the sweep drops them
  }
}

/** The end of a build whose attempt the engine broke off once too often; undefined when another attempt follows. */
async function giveUp(ctx: HostCtx, build: BuildRow, error: unknown, signal: AbortSignal): Promise<End | undefined> {
  const answers = () =>
    ctx.engine.info().then(
      () => true,
      () => false,
    );
  if (signal.aborted || !(await answers())) {
    await excuseAttempt(ctx.db, build.id, build.attempt);
    return undefined;
  }
  const spent = build.attempt - build.excused;
  return spent >= MAX_ATTEMPTS && error instanceof EngineError ? hostLost(spent, error) : undefined;
}

function hostLost(times: number, last?: EngineError): Extract<End, { state: "failed" }> {
  const why = last ? `, at last with: ${last.message}` : "";
  return failed(
    "host_lost",
    `The host failed ${times} times while building${why}. Try again, or with a smaller build.`,
  );
}

/** An abort is the user's cancel, or the worker's own stop, after which another attempt follows. */
async function cancelledOrLost(ctx: HostCtx, build: BuildRow, error: unknown): Promise<End> {
  const now = await buildById(ctx.db, build.id);
  if (now?.cancelRequestedAt != null) return { state: "cancelled" };
  throw error;
}

async function end(ctx: HostCtx, build: BuildRow, result: End): Promise<void> {
  if (result.state === "succeeded") return; // `keepImage` ended it, in the transaction that made the image
  await ctx.db.transaction(async (tx) => {
    const ended = await endBuild(tx, build.id, build.attempt, storable(result));
    if (!ended) return;
    const data = ended.failure ? { code: ended.failure.code, detail: ended.failure.detail } : {};
    await insertEvent(tx, { userId: build.userId, type: `build.${result.state}`, subject: build.id, data });
  });
}

function failed(code: BuildFailureCode, detail: string): { state: "failed"; failure: BuildFailure } {
  return { state: "failed", failure: { code, detail } };
}
