import type { Termination } from "@hafen/contract";
import type { ContainerRow } from "@hafen/db";
import type { ContainerInfo } from "@hafen/engine";
import { EngineError } from "@hafen/engine/error";
import type { HostCtx } from "../ctx.ts";
import type { Made } from "./converge-create.ts";
import { ANYWHERE } from "../egress/allowed.ts";
import { SecretClosed, withSecrets } from "./converge-secrets.ts";
import { isAlive, stop, type Step } from "./converge-stop.ts";
import { endpointOf, ensureNetwork } from "./network.ts";
import { settleCreated, settleEnded, settleRunning, writeEnd } from "./observe.ts";
import { startRefused } from "./termination.ts";

/**
 * Makes a due start happen once. The engine's own start time tells whether it has: another one than the row's last means yes,
 * so a worker killed right after the engine's start does not start the container a second time.
 */
export async function start(
  ctx: HostCtx,
  made: Made,
  info: ContainerInfo | undefined,
  signal: AbortSignal | undefined,
): Promise<Step> {
  const { row, engineId, timings } = made;
  if (!info) return "again";
  if (!row.startDue) return (await settleCreated(ctx, row, timings)) ? "settled" : "again";
  const startedBefore = info.startedAt !== undefined && info.startedAt !== row.engineStartedAt;
  if (isAlive(info)) {
    if (!startedBefore) return stop(ctx, row, info, signal);
    return (await settleRunning(ctx, row, info, timings)) ? "settled" : "again";
  }
  if (startedBefore) return (await settleEnded(ctx, row, info)) ? "settled" : "again";

  await takeName(ctx, row, info);
  await admitOut(ctx, row);
  const began = performance.now();
  try {
    await withSecrets(ctx, row, () => startOnNetwork(ctx, row, engineId));
  } catch (error) {
    const refused = refusal(error);
    if (!refused) throw error;
    const end = { termination: refused, exitCode: refused.exitCode ?? null, finishedAt: new Date(refused.at) };
    return (await writeEnd(ctx, { ...row, engineId }, end)) ? "settled" : "again";
  }
  const startMs = performance.now() - began;
  const now = await ctx.engine.inspectContainer(engineId, { signal });
  if (!now) return "again";
  if (isAlive(now) && now.pid > 0) await ctx.egress?.started(now.pid);
  const all = { ...timings, startMs };
  const written = isAlive(now) ? await settleRunning(ctx, row, now, all) : await settleEnded(ctx, row, now, all);
  return written ? "settled" : "again";
}

/** The packet filter knows what it may reach before its first instruction. */
async function admitOut(ctx: HostCtx, row: ContainerRow): Promise<void> {
  if (ctx.egress) return ctx.egress.admit(row);
  if ((row.config.egress ?? ANYWHERE).policy !== "internet")
    throw new EngineError(
      "invalid",
      "this host has no packet filter of Hafen's, which could hold it to its egress policy",
    );
}

/** What ends it here and now, as another start may go well; undefined for other failures. */
function refusal(error: unknown): Termination | undefined {
  const now = new Date();
  if (error instanceof SecretClosed) return { cause: "error", detail: error.message, at: now.toISOString() };
  return error instanceof EngineError && error.kind === "invalid" ? startRefused(error.message, now) : undefined;
}

/** Renamed since it was last started: from now on its neighbours find it by its new name. */
async function takeName(ctx: HostCtx, row: ContainerRow, info: ContainerInfo): Promise<void> {
  if (row.networkId === null) return;
  const names = info.networks[row.networkId]?.aliases;
  if (names === undefined || names.includes(row.name)) return;
  await ensureNetwork(ctx, row);
  await ctx.engine.setEndpoint(info.id, row.networkId, endpointOf(ctx, row));
}

/** Not interrupted by a newer request: the engine would go on starting what a stop, which comes next, would see as not running. */
async function startOnNetwork(ctx: HostCtx, row: ContainerRow, engineId: string): Promise<void> {
  try {
    await ctx.engine.startContainer(engineId);
  } catch (error) {
    const trouble =
      error instanceof EngineError ? /network \S+ (not found|is ambiguous)/.exec(error.message)?.[1] : undefined;
    if (trouble === undefined || row.networkId === null) throw error;
    await ensureNetwork(ctx, row);
    // Somebody removed it on the host, where nothing ran on it; the container still points at the one that is gone.
    if (trouble === "not found") await ctx.engine.setEndpoint(engineId, row.networkId, endpointOf(ctx, row));
    await ctx.engine.startContainer(engineId);
  }
}
